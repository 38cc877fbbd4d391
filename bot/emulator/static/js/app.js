/** The desk put together: first what the server knows, then the parts of the page, then whatever happens. */

import { api } from "./api.js";
import { createChats } from "./chats.js";
import { startColumns } from "./columns.js";
import { listen } from "./events.js";
import { createPeople } from "./people.js";
import { setOnline, state, takeAllMessages, takeBot, takeClock, takeFault, takeMessages, takeState } from "./state.js";
import { complain } from "./toast.js";
import { createTopbar } from "./topbar.js";

const FIRST_LOAD = 1_000; // the newest messages of all chats; earlier ones are loaded chat by chat
const PAGE = 500;
const TRY_AGAIN_MS = 3_000;

async function messagesAfter(seq) {
  const all = [];
  for (;;) {
    const page = await api.messages(all.at(-1)?.seq ?? seq, "", PAGE);
    all.push(...page);
    if (page.length < PAGE) return all;
  }
}

async function loadAll() {
  const fresh = await api.state();
  const start = Math.max(0, fresh.last_seq - FIRST_LOAD);
  const messages = await messagesAfter(start);
  takeState(fresh);
  takeAllMessages(messages, start > 0);
}

async function catchUp() {
  try {
    const fresh = await api.state();
    if (fresh.last_seq < state.lastSeq) await loadAll();
    else {
      takeMessages(await messagesAfter(state.lastSeq));
      takeState(fresh);
    }
  } catch (error) {
    complain(error);
  }
}

async function start() {
  const desk = document.getElementById("desk");
  for (;;) {
    try {
      await loadAll();
      break;
    } catch (error) {
      if (!desk.classList.contains("starting")) complain(error);
      desk.classList.add("starting");
      await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN_MS));
    }
  }
  desk.classList.remove("starting");
  createTopbar(document.getElementById("topbar"));
  createPeople(document.getElementById("people"));
  startColumns();
  createChats(document.getElementById("chats"));
  listen({
    message(message) {
      takeMessages([message]);
      // The clock may run by itself between two pushes of it.
      if (Date.parse(message.at) > Date.parse(state.now)) takeClock({ now: message.at });
    },
    clock: takeClock,
    fault: takeFault,
    bot: takeBot,
    chats: () => loadAll().catch(complain),
    opened() {
      setOnline(true);
      catchUp(); // also for what came between the first look and this
    },
    lost: () => setOnline(false),
  });
  desk.dataset.ready = "yes";
}

start();
