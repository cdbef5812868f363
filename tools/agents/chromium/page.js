// Runs in the page: one peer connection with one data channel, and the echo test of docs/agents.md over it. It speaks to
// the driver through say(): {line}, a signalling line, or {report} at the end.
const FIRST_COUNTED = 2048, FIRST_INTERVAL = 20, WAIT = 300;

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

class Peer {
  constructor(args) {
    this.args = args;
    this.started = performance.now();
    this.offers = args.role === "controlling";
    const iceServers = [];
    if (args.stun) iceServers.push({ urls: args.stun });
    if (args.turn) iceServers.push({ urls: args.turn, username: args["turn-user"], credential: args["turn-pass"] });
    this.pc = new RTCPeerConnection({ iceServers, iceTransportPolicy: args.policy });
    this.channel = this.pc.createDataChannel("punchlab", { negotiated: true, id: 0, ordered: false, maxRetransmits: 0 });
    this.channel.binaryType = "arraybuffer";
    this.channel.onmessage = ({ data }) => this.receive(new DataView(data));
    this.channel.onopen = () => this.echoes();
    this.pc.onicecandidate = ({ candidate }) => this.tell(candidate);
    this.remote = { fields: {}, candidates: [] };
    this.counts = { host: 0, srflx: 0, relay: 0 };
    this.result = { ms_gather: -1, ms_connected: -1, ms_data: -1, ms_failed: -1 };
    this.trips = [];
    this.sent = 0;
    this.pc.onconnectionstatechange = () => this.pc.connectionState === "failed" && this.end("WebRTC says failed");
    setTimeout(() => this.end("timeout"), args.timeout * 1000);
    if (this.offers) this.describe();
  }

  elapsed() { return performance.now() - this.started; }

  async describe() {
    await this.pc.setLocalDescription();
    for (const key of ["ice-ufrag", "ice-pwd", "fingerprint", "setup"]) {
      const found = this.pc.localDescription.sdp.match(new RegExp(`^a=(${key}:.*?)\\r?$`, "m"));
      if (found) this.line(found[1]);
    }
    const ice = this.pc.sctp.transport.iceTransport;
    ice.onselectedcandidatepairchange = () => this.selected(ice);
    this.selected(ice);
    this.described = true;
    for (const line of this.early ?? []) this.line(line);
  }

  line(line) { say(JSON.stringify({ line })); }

  // Credentials go first, also when a candidate is found before they are told.
  tell(candidate) {
    let line = "end-of-candidates";
    if (candidate && candidate.candidate) {
      if (candidate.type in this.counts) this.counts[candidate.type]++;
      line = candidate.candidate;
    } else if (this.result.ms_gather < 0) {
      this.result.ms_gather = this.elapsed();
    } else {
      return;
    }
    if (this.described) this.line(line);
    else (this.early ??= []).push(line);
  }

  async take(line) {
    const [key, value] = [line.split(":", 1)[0], line.slice(line.indexOf(":") + 1)];
    if (["ice-ufrag", "ice-pwd", "fingerprint", "setup"].includes(key)) this.remote.fields[key] = value;
    if (key === "setup") await this.accept();
    if (key !== "candidate") return;
    if (this.accepted) await this.add(line);
    else this.remote.candidates.push(line);
  }

  async accept() {
    const attributes = Object.entries(this.remote.fields).map(([key, value]) => `a=${key}:${value}`);
    const sdp = ["v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0",
      "m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "c=IN IP4 0.0.0.0", "a=ice-options:trickle", ...attributes,
      "a=mid:0", "a=sctp-port:5000", ""].join("\r\n");
    await this.pc.setRemoteDescription({ type: this.offers ? "answer" : "offer", sdp });
    this.accepted = true;
    for (const line of this.remote.candidates) await this.add(line);
    if (!this.offers) await this.describe();
  }

  async add(line) {
    try {
      await this.pc.addIceCandidate({ candidate: line, sdpMid: "0" });
    } catch {
      // one that this agent cannot use
    }
  }

  selected(ice) {
    const pair = ice.getSelectedCandidatePair();
    if (!pair) return;
    const end = (c) => ({ type: c.type, addr: c.address, port: c.port });
    this.result.pair = { local: end(pair.local), remote: end(pair.remote) };
    if (this.result.first) return;
    this.result.first = this.result.pair;
    this.result.ms_connected = this.elapsed();
  }

  receive(data) {
    if (data.byteLength < 8 || data.getUint8(0) !== 0x80) return;
    if (data.getUint8(1) === 0x50) {  // P
      data.setUint8(1, 0x52);
      this.channel.send(data);
    } else if (data.getUint8(2) === this.args.name.charCodeAt(0)) {
      if (this.result.ms_data < 0) this.result.ms_data = this.elapsed();
      if (data.getUint32(4, true) === this.expected) this.answered?.();
    }
  }

  ping(sequence) {
    const data = new DataView(new ArrayBuffer(this.args.len));
    [0x80, 0x50, this.args.name.charCodeAt(0), 0].forEach((byte, i) => data.setUint8(i, byte));
    data.setUint32(4, sequence, true);
    this.channel.send(data);
  }

  async echoes() {
    for (let sequence = 0; this.result.ms_data < 0 && !this.ended; ++sequence) {
      this.ping(sequence);
      await sleep(FIRST_INTERVAL);
    }
    await sleep(Math.max(0, this.result.ms_connected + this.args.settle - this.elapsed()));
    for (let i = 0; i < this.args.echo && !this.ended; ++i) await this.count(FIRST_COUNTED + i);
    this.end("");
  }

  async count(sequence) {
    const start = performance.now();
    const reply = new Promise((resolve) => { this.answered = resolve; });
    this.expected = sequence;
    this.ping(sequence);
    this.sent++;
    const answered = await Promise.race([reply.then(() => true), sleep(WAIT)]);
    if (answered) this.trips.push(performance.now() - start);
  }

  end(error) {
    if (this.ended) return;
    this.ended = true;
    if (error) this.result.ms_failed = this.elapsed();
    const types = Object.values(this.result.pair ?? {}).map((c) => c.type);
    const trips = this.trips.sort((a, b) => a - b);
    say(JSON.stringify({ report: {
      agent: "chromium", name: this.args.name, role: this.args.role,
      outcome: trips.length === 0 ? "failed" : types.includes("relay") ? "relayed" : "direct",
      ...this.result,
      echo: { sent: this.sent, ok: trips.length, bytes: this.args.len, rtt_ms: trips[trips.length >> 1] },
      cands: this.counts, error } }));
  }
}
