/** The desk put together: first what the server knows, then the parts of the page, then whatever happens. */

import { createChats } from "./chats.js";
import { startColumns } from "./columns.js";
import { listen } from "./events.js";
import { createPeople } from "./people.js";
import { catchUp, loadAll } from "./load.js";
import { setOnline, state, takeBot, takeClock, takeFault, takeMessages } from "./state.js";
import { complain } from "./toast.js";
import { createTopbar } from "./topbar.js";

const TRY_AGAIN_MS = 4_000;

async function start() {
  const desk = document.getElementById("desk");
  for (;;) {
    try {
      await loadAll();
      break;
    } catch (error) {
      complain(error);
      await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN_MS));
    }
  }
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
    async opened() {
      setOnline(true);
      await catchUp().catch(complain); // also for what came between the first look and this
      desk.setAttribute("aria-busy", "false");
    },
    lost() {
      setOnline(false);
      desk.setAttribute("aria-busy", "true");
    },
  });
  desk.dataset.ready = "yes";
}

start();
