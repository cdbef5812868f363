#!/usr/bin/env node
// Driver for headless Chromium under the contract of docs/agents.md: a WebRTC data channel.
import { appendFileSync, existsSync, readFileSync, realpathSync, rmSync, watch, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Browser } from "./browser.mjs";

const LINGER = 3000;
const args = { policy: "all", timeout: "15", settle: "1000", echo: "10", len: "400" };
for (let i = 2; i + 1 < process.argv.length; i += 2) args[process.argv[i].replace(/^--/, "")] = process.argv[i + 1];
for (const key of ["timeout", "settle", "echo", "len"]) args[key] = Number(args[key]);

const file = (name, kind) => join(args.sig, `${name}.${kind}`);
let changed = () => {};
watch(args.sig, () => changed());

/** Resolves once `test` is true, asked now and after every change of the directory, or after `limit` milliseconds. */
function until(test, limit = 2 ** 31 - 1) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, limit);
    changed = () => {
      if (!test()) return;
      clearTimeout(timer);
      changed = () => {};
      resolve();
    };
    changed();
  });
}

let read = 0;
/** The peer's lines that are new and whole. */
function heard() {
  if (!existsSync(file(args.name, "in"))) return [];
  const text = readFileSync(file(args.name, "in"), "latin1");
  const end = text.lastIndexOf("\n") + 1;
  if (end <= read) return [];
  const lines = text.slice(read, end - 1).split("\n");
  read = end;
  return lines;
}

async function main() {
  let report = null;
  const profile = join(args.sig, `${args.name}.chromium`);
  const browser = new Browser(profile, (text) => {
    const message = JSON.parse(text);
    if (message.line) appendFileSync(file(args.name, "out"), message.line + "\n");
    if (message.report) report = message.report;
    changed();
  });
  const here = dirname(realpathSync(process.argv[1]));
  await browser.open(readFileSync(join(here, "page.js"), "utf8"));
  writeFileSync(file(args.name, "ready"), "");
  await until(() => existsSync(file(args.name, "go")));
  await browser.run(`globalThis.peer = new Peer(${JSON.stringify(args)}); 0`);
  await until(() => {
    for (const line of heard()) browser.run(`peer.take(${JSON.stringify(line)}); 0`);
    return report !== null;
  });
  console.log(JSON.stringify(report));
  writeFileSync(file(args.name, "done"), "");
  await until(() => existsSync(file(args.peer, "done")), LINGER);
  browser.close();
  rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
}

main().then(() => process.exit(0), (error) => {
  console.error(`chromium driver: ${error.message}`);
  process.exit(1);
});
