// The official package @wecom/crypto as a filter: one JSON object on its input, its answer on its output.
import { readFileSync } from "node:fs";
import { decrypt, encrypt, getSignature } from "@wecom/crypto";

const asked = JSON.parse(readFileSync(0, "utf8"));
if (asked.message !== undefined) {
  const sealed = encrypt(asked.key, asked.message, asked.id ?? "");
  process.stdout.write(JSON.stringify({ sealed, signature: getSignature(asked.token, asked.stamp, asked.nonce, sealed) }));
} else {
  const { message, id } = decrypt(asked.key, asked.sealed);
  const signature = getSignature(asked.token, asked.stamp, asked.nonce, asked.sealed);
  process.stdout.write(JSON.stringify({ message, id, signature }));
}
