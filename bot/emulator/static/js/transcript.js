/** The conversation as a transcript test, saved as a file. */

import { api } from "./api.js";
import { state } from "./state.js";
import { dayKey } from "./time.js";
import { complain, toast } from "./toast.js";

/** since: the sequence number of the first message wanted; 0 for all of them. */
export async function saveTranscript(since) {
  try {
    const text = await api.transcript(since);
    const address = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
    const link = document.createElement("a");
    link.href = address;
    link.download = `conversation-${dayKey(state.now)}.txt`;
    document.body.append(link);
    link.click();
    link.remove();
    // The browser reads the address after this turn of the event loop.
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
    toast("对话已保存，可以放进 tests/conversations。");
  } catch (error) {
    complain(error);
  }
}
