/** Fetching what the server knows: all of it at the start, what was missed after a lost connection. */

import { api } from "./api.js";
import { state, takeAllMessages, takeMessages, takeState } from "./state.js";

const FIRST_LOAD = 1_000; // the newest messages of all chats; earlier ones are loaded chat by chat
const PAGE = 500;

async function messagesAfter(seq) {
  const all = [];
  for (;;) {
    const page = await api.messages(all.at(-1)?.seq ?? seq, "", PAGE);
    all.push(...page);
    if (page.length < PAGE) return all;
  }
}

/** The state and the newest messages, in place of whatever was there. Raises DeskError. */
export async function loadAll() {
  const fresh = await api.state();
  const start = Math.max(0, fresh.last_seq - FIRST_LOAD);
  const messages = await messagesAfter(start);
  takeState(fresh);
  takeAllMessages(messages, start > 0);
  takeMessages(await messagesAfter(state.lastSeq)); // what was pushed while the others were on their way
}

/** What came while nobody listened. Raises DeskError. */
export async function catchUp() {
  const fresh = await api.state();
  // Fewer than we have: the chats began anew meanwhile.
  if (fresh.last_seq < state.lastSeq) return loadAll();
  takeMessages(await messagesAfter(state.lastSeq));
  return takeState(fresh);
}
