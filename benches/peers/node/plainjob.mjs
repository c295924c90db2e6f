// plainjob, made to wait for the disk: one line in is one round, one line out is how long it took.

import { join } from "node:path";
import { createInterface } from "node:readline";
import Database from "better-sqlite3";
import { better, defineQueue } from "plainjob";

const database = new Database(join(process.argv[2], "plainjob.db"));
const queue = defineQueue({ connection: better(database) });
// It sets NORMAL by itself, which a power cut undoes.
database.pragma("synchronous = FULL");

for await (const line of createInterface({ input: process.stdin })) {
  const [how, count, size] = line.split(" ");
  const jobs = Array.from({ length: Number(count) }, () => ({ data: "x".repeat(Number(size)) }));
  const started = process.hrtime.bigint();
  if (how === "together") {
    queue.addMany("registration", jobs);
  } else {
    for (const job of jobs) queue.add("registration", job);
  }
  console.log(String(process.hrtime.bigint() - started));
}
queue.close();
