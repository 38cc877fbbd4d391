// The official client of WeCom's AI bot, told line by line what to do: {"do": a method's name, "with": its arguments} on its input;
// {"event", "frame"} for what it hears and {"did", "result" or "error"} on its output. Arguments: url, bot id, secret.
import { createInterface } from "node:readline";
import { WSClient } from "@wecom/aibot-node-sdk";

const [url, botId, secret] = process.argv.slice(2);
const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const client = new WSClient({ botId, secret, wsUrl: url, logger: quiet, maxReconnectAttempts: 0 });
const tell = (line) => process.stdout.write(JSON.stringify(line) + "\n");

for (const event of [
  "authenticated", "message.text", "message.image", "message.mixed", "message.voice", "message.file",
  "event.enter_chat", "event.template_card_event", "event.disconnected_event",
]) client.on(event, (frame) => tell({ event, frame: frame ?? null }));
client.on("error", (error) => tell({ event: "error", frame: String(error.message) }));

createInterface({ input: process.stdin }).on("line", async (line) => {
  const { do: name, with: args } = JSON.parse(line);
  try {
    if (name === "uploadMedia") args[0] = Buffer.from(args[0], "base64");
    let result = await client[name](...args);
    if (name === "downloadFile") result = { content: result.buffer.toString("base64"), name: result.filename ?? "" };
    tell({ did: name, result: name === "disconnect" ? null : result });
  } catch (error) {
    tell({ did: name, error: String(error.message ?? JSON.stringify(error)) });
  }
}).on("close", () => process.exit(0));

client.connect();
