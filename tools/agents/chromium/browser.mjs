// A headless Chromium with one page, driven through the DevTools protocol over a pipe (messages end with NUL).
import { spawn } from "node:child_process";

const SWITCHES = [
  "--headless=new", "--no-sandbox", "--remote-debugging-pipe", "--disable-gpu", "--no-first-run", "--mute-audio",
  "--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update", "--disable-sync",
  "--disable-extensions", "--disable-default-apps", "--no-default-browser-check", "--disable-crash-reporter",
  // Real addresses in host candidates, as other agents tell them, instead of mDNS names.
  "--disable-features=WebRtcHideLocalIpsWithMdns",
];

export class Browser {
  /** `heard(text)` gets what the page says with `say(text)`. */
  constructor(profile, heard) {
    this.heard = heard;
    this.waiting = new Map();
    this.last = 0;
    this.rest = "";
    this.process = spawn("chromium", [...SWITCHES, `--user-data-dir=${profile}`],
      { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
    this.input = this.process.stdio[3];
    this.process.stdio[4].on("data", (bytes) => this.read(bytes));
    this.process.on("exit", () => this.fail(new Error("chromium ended")));
    this.process.on("error", (error) => this.fail(error));
    this.input.on("error", (error) => this.fail(error));
  }

  /** Opens the page and runs `script` in it. */
  async open(script) {
    const { targetId } = await this.call("Target.createTarget", { url: "about:blank" });
    this.session = (await this.call("Target.attachToTarget", { targetId, flatten: true })).sessionId;
    await this.call("Runtime.enable");
    await this.call("Runtime.addBinding", { name: "say" });
    await this.run(script);
  }

  async run(expression) {
    const { exceptionDetails } = await this.call("Runtime.evaluate", { expression });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
  }

  call(method, params = {}) {
    const id = ++this.last;
    this.input.write(JSON.stringify({ id, method, params, sessionId: this.session }) + "\0");
    return new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject }));
  }

  read(bytes) {
    const messages = (this.rest + bytes.toString()).split("\0");
    this.rest = messages.pop();
    for (const message of messages) this.take(JSON.parse(message));
  }

  take(message) {
    if (message.method === "Runtime.bindingCalled") this.heard(message.params.payload);
    const caller = this.waiting.get(message.id);
    if (!caller) return;
    this.waiting.delete(message.id);
    if (message.error) caller.reject(new Error(message.error.message));
    else caller.resolve(message.result);
  }

  fail(error) {
    for (const { reject } of this.waiting.values()) reject(error);
    this.waiting.clear();
  }

  close() { this.process.kill("SIGKILL"); }
}
