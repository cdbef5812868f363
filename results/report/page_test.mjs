// report.html in headless Chromium:  node page_test.mjs REPORT.HTML FOLDER     (FOLDER takes the browser's profile and pictures)
//
//  1. The page opens without an error on the console, and loads nothing but itself.
//  2. Each cell of the matrix is a link that a keyboard reaches; Enter opens its panel, which has a name, holds the focus, and
//     shows rate, interval and times; Escape closes it and gives the focus back.
//  3. When the run has explanations, the panel's link leads to a typical trial's sequence diagram, which is then in view. No label of any
//     diagram leaves it.
//  4. Filters leave the chosen rows, columns and sections, and say how many cells are shown; they can be taken back.
//  5. On a phone nothing but tables and figures is wider than the screen, and nothing but those is wider than a panel, also with
//     a what-if table in it; captions end where the panel ends. All make pictures.
//  6. In dark mode the paper is dark, of the page and of each figure, and figures are written in light ink; writing on a cell's colour
//     is not. Printed, both are light paper.
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Browser } from "../../tools/agents/chromium/browser.mjs";

const [report, folder] = process.argv.slice(2);
const PATIENCE = 120_000;  // ms, on a busy machine
const errors = [], requests = [];

/// Also keeps what the page complains of and what it loads.
class Watched extends Browser {
  take(message) {
    const { method, params } = message;
    if (method === "Runtime.exceptionThrown") errors.push(params.exceptionDetails.exception?.description ?? params.exceptionDetails.text);
    if (method === "Log.entryAdded") errors.push(params.entry.text);
    if (method === "Runtime.consoleAPICalled" && params.type === "error") errors.push("console.error");
    if (method === "Network.requestWillBeSent") requests.push(params.request.url);
    super.take(message);
  }
  async value(expression) {
    const { result, exceptionDetails } = await this.call("Runtime.evaluate", { expression, returnByValue: true, awaitPromise: true });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }
  async key(key, code = key) {
    const text = key === "Enter" ? "\r" : undefined;
    await this.call("Input.dispatchKeyEvent", { type: "keyDown", key, code, text, windowsVirtualKeyCode: { Enter: 13, Escape: 27, Tab: 9 }[key] });
    await this.call("Input.dispatchKeyEvent", { type: "keyUp", key, code });
  }
  async until(expression, what) {
    for (const end = Date.now() + PATIENCE; Date.now() < end;) {
      if (await this.value(expression)) return;
      await new Promise((done) => setTimeout(done, 20));
    }
    throw new Error("waited in vain for " + what);
  }
  async picture(name) {
    const { data } = await this.call("Page.captureScreenshot", { format: "png" });
    writeFileSync(join(folder, name), Buffer.from(data, "base64"));
  }
}

function expect(condition, what) {
  if (!condition) throw new Error("not so: " + what);
}

async function load(browser) {
  await browser.open("0");
  for (const domain of ["Network", "Log", "Page"]) await browser.call(domain + ".enable");
  await browser.call("Page.navigate", { url: "file://" + resolve(report) });
  await browser.until("document.readyState === 'complete' && document.querySelector('.matrix a') !== null", "the page");
}

async function cells(browser) {
  const count = await browser.value("document.querySelectorAll('.matrix a').length");
  expect(count > 0 && count === await browser.value("document.querySelectorAll('dialog').length"), "a panel for each cell");
  expect(await browser.value("[...document.querySelectorAll('.matrix a')].every(a => a.tabIndex === 0 && document.querySelector(a.hash))"),
    "each cell leads to a panel");
  await browser.value("document.querySelectorAll('.matrix a')[1].focus()");
  await browser.key("Enter");
  await browser.until("document.querySelector('dialog[open]') !== null", "the panel");
  const panel = await browser.value(`(() => { const d = document.querySelector("dialog[open]"); return {
    text: d.innerText, name: document.getElementById(d.getAttribute("aria-labelledby")).innerText, inside: d.contains(document.activeElement) }; })()`);
  expect(panel.inside, "the panel holds the focus");
  expect(/ to /.test(panel.name), "the panel is named after its pair");
  for (const words of ["95 % interval", "direct", "relayed", "failed", "time to direct", "added latency", "Median"])
    expect(panel.text.includes(words), `the panel shows '${words}'`);
  await browser.picture("cell.png");
}

async function diagram(browser) {
  const there = await browser.value("document.querySelector('dialog[open] a.to-diagram') !== null");
  if (there) {
    await browser.value("document.querySelector('dialog[open] a.to-diagram').focus()");
    await browser.key("Enter");
    await browser.until(`(() => { const svg = document.querySelector("dialog[open] details[open] svg"); if (!svg) return false;
      const box = svg.getBoundingClientRect(); return box.height > 50 && box.top < innerHeight && box.bottom > 0; })()`, "the diagram in view");
    await browser.picture("diagram.png");
    expect(await browser.value("document.querySelector('dialog[open] svg text').getBBox().width > 0"), "labels have a width");
    const cut = await browser.value(`(() => { const cut = []; for (const box of document.querySelectorAll("dialog details")) {
      const panel = box.closest("dialog"), shown = panel.style.display; panel.style.display = "block"; box.open = true;
      for (const text of box.querySelectorAll("svg text")) { const {x, width} = text.getBBox();
        if (x < 0 || x + width > text.ownerSVGElement.viewBox.baseVal.width) cut.push(text.textContent); }
      panel.style.display = shown; if (!panel.open) box.open = false; } return cut; })()`);
    expect(cut.length === 0, "labels inside their diagrams: " + cut.slice(0, 3).join("; "));
  }
  await browser.key("Escape");
  await browser.until("document.querySelector('dialog[open]') === null", "the panel to close");
  expect(await browser.value("document.activeElement === document.querySelectorAll('.matrix a')[1]"), "the focus comes back to the cell");
  return there;
}

async function filters(browser) {
  const shown = () => browser.value("[...document.querySelectorAll('.matrix a')].filter(a => a.offsetParent !== null).length");
  const all = await shown();
  const names = await browser.value("[...document.querySelectorAll('.filters select')].map(s => s.name)");
  for (const name of names) {
    await browser.value(`(() => { const s = document.querySelector(".filters select[name=${name}]"); s.selectedIndex = 1;
      s.dispatchEvent(new Event("change", { bubbles: true })); })()`);
    const left = await shown();
    expect(left > 0 && left < all, `filter ${name} leaves some cells and not all (${left} of ${all})`);
    expect((await browser.value("document.querySelector('.filters output').textContent")).startsWith(`${left} of ${all} `), "the number is told");
    await browser.value("document.querySelector('.filters').reset()");
    await browser.until(`document.querySelector('.filters output').textContent.startsWith('${all} of')`, "all cells again");
  }
  return names;
}

async function phone(browser) {
  await browser.call("Emulation.setDeviceMetricsOverride", { width: 390, height: 844, deviceScaleFactor: 2, mobile: true });
  await browser.call("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: "dark" }] });
  expect(await browser.value("document.documentElement.scrollWidth <= innerWidth"), "the page is as wide as the phone");
  const paper = await browser.value("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)");
  expect(Math.max(...paper) < 60, `dark paper in dark mode (${paper})`);
  await browser.picture("phone.png");
  const changes = await panelOnPhone(browser);
  await darkAndPrinted(browser);
  return changes;
}

/// How light a figure's paper, its footer and the writing on its light cells are, 0 to 255.
const shades = (browser) => browser.value(`[...document.querySelectorAll("figure svg")].map(svg => {
  const shade = e => Math.max(...getComputedStyle(e).fill.match(/\\d+/g).slice(0, 3).map(Number));
  const texts = [...svg.querySelectorAll("text")];
  return { paper: shade(svg.querySelector("path")), footer: shade(texts.find(t => t.textContent.startsWith("Make it again"))),
    cells: texts.filter(t => /^n = [\\d,]+$/.test(t.textContent)).map(shade).filter(s => s < 255) }; })`);

async function darkAndPrinted(browser) {
  const dark = await shades(browser);
  expect(dark.length > 0, "a figure");
  for (const { paper, footer, cells } of dark) {
    expect(paper < 60 && footer > 120, `light writing on dark paper in a figure in dark mode (${footer} on ${paper})`);
    expect(cells.every(s => s < 60), `dark writing on light cells in dark mode (${cells})`);
  }
  await browser.call("Emulation.setEmulatedMedia", { media: "print", features: [{ name: "prefers-color-scheme", value: "dark" }] });
  for (const { paper, footer } of await shades(browser)) expect(paper === 255 && footer < 130, `a printed figure has light paper (${footer} on ${paper})`);
  expect(await browser.value("getComputedStyle(document.documentElement).getPropertyValue('--paper')") === "#fbfbf9", "the printed page has light paper");
}

async function panelOnPhone(browser) {
  const found = await browser.value(`(() => { const d = [...document.querySelectorAll("dialog")]
    .find(d => [...d.querySelectorAll("caption")].some(c => c.textContent.startsWith("What would have made"))); return d ? d.id : ""; })()`);
  const id = found || await browser.value("document.querySelector('dialog').id");
  await browser.value(`document.querySelector(".matrix a[href='#${id}']").click()`);
  await browser.until("document.querySelector('dialog[open]') !== null", "the panel");
  const [inside, whole, right, captions] = await browser.value(`(() => { const d = document.querySelector("dialog[open]"); return [d.clientWidth,
    d.scrollWidth, d.getBoundingClientRect().right, [...d.querySelectorAll("caption")].map(c => c.getBoundingClientRect().right)]; })()`);
  expect(whole <= inside, `no panel scrolls sideways (${whole} of ${inside} pixels)`);
  expect(Math.max(...captions) <= right, `captions end within the panel (${captions} in ${right})`);
  await browser.picture("phone-cell.png");
  await browser.key("Escape");
  await browser.until("document.querySelector('dialog[open]') === null", "the panel to close");
  return found !== "";
}

mkdirSync(folder, { recursive: true });
const browser = new Watched(join(folder, "profile"), () => {});
const alarm = setTimeout(() => { console.error("report page: no end after " + PATIENCE + " ms"); browser.close(); process.exit(1); }, PATIENCE);
let status = 0;
try {
  await load(browser);
  await cells(browser);
  const explained = await diagram(browser);
  const filtered = await filters(browser);
  const changes = await phone(browser);
  expect(errors.length === 0, "no error on the console: " + errors.join("; "));
  const outside = requests.filter((url) => url !== "file://" + resolve(report));
  expect(outside.length === 0, "nothing is loaded from outside: " + outside.join(" "));
  console.log(`report page: fine; ${explained ? "with" : "without"} diagrams; filters ${filtered.join(", ")}`);
  const asked = process.env.PUNCHLAB_EXPECT ?? "";
  expect(explained || !asked.includes("diagram"), "a sequence diagram");
  expect(changes || !asked.includes("what-if"), "a what-if table");
} catch (error) {
  console.error("report page: " + error.message);
  status = 1;
}
clearTimeout(alarm);
browser.close();
process.exit(status);
