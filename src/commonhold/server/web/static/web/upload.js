// Sends a file in parts from the browser straight to the store, and goes on where it stopped: after a pause, a broken
// connection or a reload. Also keeps the list of files fresh while one of them is being verified.
"use strict";

const AT_ONCE = 4;
const LONGEST_PAUSE_SECONDS = 60;
const SIGNED_AT_ONCE = 50;
const NAME = /\.(tar\.gz|tgz|zip)$/i;

class Refused extends Error {
  constructor(status, text) {
    super(text);
    this.status = status;
  }
}

class Uploader {
  constructor(root) {
    this.root = root;
    this.input = root.querySelector("input[type=file]");
    this.bar = root.querySelector("progress");
    this.told = root.querySelector("[data-told]");
    this.mistake = root.querySelector("[data-mistake]");
    this.token = root.querySelector("[name=csrfmiddlewaretoken]").value;
    this.buttons = Object.fromEntries([...root.querySelectorAll("[data-do]")].map((one) => [one.dataset.do, one]));
    this.kept = `upload:${root.dataset.submission}:${root.dataset.kind}`;
    this.running = new Set();
    this.wakers = new Set();
    this.turn = 0;
    this.state = "idle";
    this.percent = -1;
    this.buttons.send.addEventListener("click", () => this.start());
    this.buttons.pause.addEventListener("click", () => this.pause());
    this.buttons.resume.addEventListener("click", () => this.go());
    window.addEventListener("beforeunload", (event) => {
      if (this.state === "sending") event.preventDefault();
    });
    window.addEventListener("online", () => this.wake());
    root.hidden = false;
  }

  say(what, values = {}) {
    const text = this.root.dataset[`said${what}`] || "";
    this.told.textContent = text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  }

  fail(text) {
    this.enter("idle");
    this.told.textContent = "";
    this.mistake.textContent = text || this.root.dataset.saidFailed;
  }

  enter(state) {
    this.state = state;
    this.buttons.send.hidden = state === "sending" || state === "paused";
    this.buttons.pause.hidden = state !== "sending";
    this.buttons.resume.hidden = state !== "paused";
    this.input.disabled = state === "sending" || state === "paused";
    if (state === "sending") this.bar.hidden = false;
  }

  async start() {
    const file = this.input.files[0];
    this.mistake.textContent = "";
    if (!file) return this.input.click();
    if (!NAME.test(file.name)) return this.fail(this.root.dataset.saidName);
    this.file = file;
    this.enter("sending");
    this.buttons.pause.focus();
    this.say("Looking");
    try {
      this.session = await this.open(file);
      if (this.session.status === "completed") return this.finish();
      this.plan();
    } catch (error) {
      return this.fail(this.reason(error));
    }
    return this.go();
  }

  // Goes on with an upload of this very file, or begins one.
  async open(file) {
    const looks = { name: file.name, size: file.size, changed: file.lastModified, head: await this.head(file) };
    const kept = this.remembered();
    if (kept && JSON.stringify(kept.looks) === JSON.stringify(looks)) {
      try {
        const session = await this.ask("GET", kept.address);
        // Complete already: only the answer that said so was lost.
        if (["uploading", "completed"].includes(session.status)) return session;
      } catch (error) {
        if (![404, 409, 410].includes(error.status)) throw error;
      }
    }
    const notes = this.root.querySelector("[data-notes]");
    const session = await this.ask("POST", this.root.dataset.begin, {
      filename: file.name, size: file.size, kind: this.root.dataset.kind, notes: notes ? notes.value : "",
    });
    this.remember({ looks, address: session.address });
    return session;
  }

  // What the first piece looks like, where the browser hashes (over HTTPS, and on one's own machine).
  async head(file) {
    if (!window.crypto || !crypto.subtle) return "";
    const first = await file.slice(0, 1024 * 1024).arrayBuffer();
    return [...new Uint8Array(await crypto.subtle.digest("SHA-256", first))].map((one) => one.toString(16)).join(".");
  }

  remembered() {
    try {
      return JSON.parse(localStorage.getItem(this.kept));
    } catch {
      return null;
    }
  }

  remember(value) {
    try {
      if (value) localStorage.setItem(this.kept, JSON.stringify(value));
      else localStorage.removeItem(this.kept);
    } catch {
      // A browser that keeps nothing cannot go on after a reload; all else works.
    }
  }

  plan() {
    const { size, part_size: step, parts } = this.session;
    const arrived = new Map(parts.map(([number, bytes, etag]) => [number, { bytes, etag }]));
    this.etags = new Map();
    this.todo = [];
    this.done = 0;
    this.flying = new Map();
    this.urls = new Map();
    for (let number = 1, start = 0; start < size; number += 1, start += step) {
      const end = Math.min(size, start + step);
      const part = arrived.get(number);
      if (part && part.bytes === end - start) {
        this.etags.set(number, part.etag);
        this.done += part.bytes;
      } else {
        this.todo.push({ number, start, end });
      }
    }
    if (this.done) this.say("Resumed", { percent: share(this.done / size) });
    this.show();
  }

  // Each going-on is a turn of its own: what an earlier one still waits for comes to nothing.
  async go() {
    this.enter("sending");
    this.failures = 0;
    this.turn += 1;
    const turn = this.turn;
    try {
      await Promise.all(Array.from({ length: AT_ONCE }, () => this.work(turn)));
      if (this.state === "sending" && turn === this.turn) await this.complete();
    } catch (error) {
      if (turn !== this.turn) return;
      for (const request of this.running) request.abort();
      if (error.status === 410) this.remember(null);
      if (this.state !== "paused") this.fail(this.reason(error));
    }
  }

  pause() {
    this.enter("paused");
    for (const request of this.running) request.abort();
    this.wake();
    this.say("Paused", { percent: share(this.bar.value / 100) });
    this.buttons.resume.focus();
  }

  wake() {
    for (const waker of this.wakers) waker();
  }

  async work(turn) {
    while (this.state === "sending" && turn === this.turn && this.todo.length) {
      const part = this.todo.shift();
      try {
        const url = await this.url(part);
        this.etags.set(part.number, await this.put(url, part));
        this.done += part.end - part.start;
        this.failures = 0;
      } catch (error) {
        this.todo.unshift(part);
        this.urls.delete(part.number);
        if (this.state !== "sending" || turn !== this.turn) return;
        if (error instanceof Refused && ![403, 408, 429, 500, 502, 503, 504].includes(error.status)) throw error;
        if (error instanceof Refused && error.fromSite && error.status === 403) throw error;
        await this.wait(error);
      } finally {
        this.flying.delete(part.number);
        this.show();
      }
    }
  }

  // Longer after each failure in a row, and never all at once; sooner when the connection is back.
  async wait(error) {
    this.failures += 1;
    if (this.failures > 40) throw error;
    const seconds = Math.min(LONGEST_PAUSE_SECONDS, 2 ** Math.min(this.failures, 6)) * (0.5 + Math.random() / 2);
    this.say("Waiting", { seconds: Math.ceil(seconds) });
    await new Promise((resolve) => {
      const waker = () => {
        clearTimeout(timer);
        this.wakers.delete(waker);
        resolve();
      };
      const timer = setTimeout(waker, seconds * 1000);
      this.wakers.add(waker);
    });
  }

  // Addresses are asked for in advance, many at once; one that was used in vain is asked for anew.
  async url(part) {
    if (!this.urls.has(part.number)) {
      const next = this.todo.slice(0, SIGNED_AT_ONCE - 1).map((one) => one.number).filter((n) => !this.urls.has(n));
      const answer = await this.ask("POST", this.session.parts_address, { numbers: [part.number, ...next] });
      for (const [number, url] of Object.entries(answer.urls)) this.urls.set(Number(number), url);
      setTimeout(() => this.urls.clear(), 3_600_000);
    }
    return this.urls.get(part.number);
  }

  put(url, part) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      this.running.add(request);
      request.upload.onprogress = (event) => {
        this.flying.set(part.number, event.loaded);
        this.show();
      };
      request.onloadend = () => this.running.delete(request);
      request.onload = () => {
        const etag = request.getResponseHeader("ETag");
        if (request.status >= 200 && request.status < 300 && etag) resolve(etag);
        else reject(new Refused(request.status, ""));
      };
      request.onerror = () => {
        // A file that was changed or taken away cannot be read any more: that looks like a broken connection.
        part.file.arrayBuffer().then(
          () => reject(new Error("connection")),
          () => reject(new Refused(409, this.root.dataset.saidChanged)),
        );
      };
      request.onabort = () => reject(new Error("aborted"));
      request.open("PUT", url);
      part.file = this.file.slice(part.start, part.end);
      request.send(part.file);
    });
  }

  async complete() {
    this.say("Finishing");
    const parts = [...this.etags.entries()].sort((one, other) => one[0] - other[0]);
    for (let attempt = 0; ; attempt += 1) {
      try {
        await this.ask("POST", this.session.address, { parts });
        break;
      } catch (error) {
        if (attempt > 5 || (error instanceof Refused && error.status < 500)) throw error;
        await this.wait(error);
      }
    }
    this.finish();
  }

  finish() {
    this.remember(null);
    this.input.value = "";
    this.enter("idle");
    this.bar.hidden = false;
    this.bar.value = 100;
    this.say("Done");
    watch.now();
  }

  async ask(method, address, body) {
    const answer = await fetch(address, {
      method,
      headers: { "X-CSRFToken": this.token, Accept: "application/json", "Content-Type": "application/json" },
      body: body && JSON.stringify(body),
      credentials: "same-origin",
      redirect: "error",
    });
    if (answer.ok) return answer.json();
    const said = await answer.json().catch(() => ({}));
    // What the site's frame answers is no JSON: it is read-only, or the page's token has changed with the session.
    const told = { 503: this.root.dataset.saidReadOnly, 403: said.message || this.root.dataset.saidStale };
    const refused = new Refused(answer.status, told[answer.status] || said.message);
    refused.fromSite = true;
    throw refused;
  }

  reason(error) {
    return error instanceof Refused && error.message ? error.message : this.root.dataset.saidFailed;
  }

  show() {
    const flying = [...this.flying.values()].reduce((sum, bytes) => sum + bytes, 0);
    const sent = Math.min(this.session.size, this.done + flying);
    this.bar.value = (100 * sent) / this.session.size;
    const percent = Math.floor(this.bar.value);
    // Spoken now and then, not at every byte.
    if (this.state !== "sending" || this.wakers.size || (percent - this.percent < 5 && percent > this.percent)) return;
    if (percent === this.percent) return;
    this.percent = percent;
    this.say("Sending", { percent: share(percent / 100), done: readable(sent), size: readable(this.session.size) });
  }
}

function share(part) {
  const format = { style: "percent", maximumFractionDigits: 0, roundingMode: "floor" };
  return new Intl.NumberFormat(document.documentElement.lang || "en", format).format(part);
}

function readable(bytes) {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];
  let unit = 0;
  let value = bytes;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const format = { style: "unit", unit: units[unit], unitDisplay: "short", maximumSignificantDigits: 3 };
  return new Intl.NumberFormat(document.documentElement.lang || "en", format).format(value);
}

// The list of files, fetched anew while one of them waits for its verification.
const watch = {
  timer: 0,
  async now() {
    clearTimeout(this.timer);
    const list = document.getElementById("files-list");
    const address = document.querySelector("[data-files]")?.dataset.files;
    if (!list || !address) return;
    try {
      const answer = await fetch(address, { credentials: "same-origin", redirect: "error" });
      if (answer.ok) {
        const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("files-list");
        if (fresh && fresh.innerHTML !== list.innerHTML && !list.contains(document.activeElement)) list.replaceWith(fresh);
        this.later();
        return;
      }
    } catch {
      // Tried again below.
    }
    this.later();
  },
  later() {
    const list = document.getElementById("files-list");
    if (list && list.dataset.pending === "yes") this.timer = setTimeout(() => this.now(), 3000);
  },
};

for (const root of document.querySelectorAll("[data-uploader]")) new Uploader(root);
watch.later();
