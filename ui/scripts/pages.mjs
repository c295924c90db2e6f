// Builds the gallery, shows every scene in Chromium at three widths and in forced colours, and the pages of the main
// job at a zoom of 400 %, runs axe on each, and leaves the pictures in node_modules/.cache/pages. Ends non-zero on an
// axe violation, a fault of the content security policy, another page than expected, anything that scrolls sideways
// or moves though less motion was asked for, and at 400 % on anything that Tab does not bring into view.
//
//   npm run pages [-- --only NAME,NAME] [--views 1280,320]

import { createReadStream, existsSync, readFileSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { dirname, extname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { build } from "vite";

const here = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const gallery = join(here, "node_modules/.cache/gallery");
const pictures = join(here, "node_modules/.cache/pages");
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const NOW = Date.parse("2026-11-23T14:30:00Z");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const VIEWS = [
  { name: "1280", width: 1280, height: 900 },
  { name: "640", width: 640, height: 900 },
  { name: "320", width: 320, height: 800 },
  { name: "forced", width: 1280, height: 900, forcedColors: "active" },
  // What a window of 1280 by 1024 shows at a zoom of 400 %.
  { name: "zoom", width: 320, height: 256, scale: 4, walked: true },
];
// The main job, and the pages that are longest or come in front of others.
const ZOOMED = [
  "sign-in",
  "ended-signed-out-unsent",
  "cannot-start-key-missing",
  "confirm-identity",
  "choose-role",
  "find",
  "find-practice",
  "find-details-error",
  "find-offline",
  "find-unsent",
  "banner-to-confirm",
  "no-second-copy",
  "ends-soon",
  "outbox-held",
  "outbox-waits-manager",
  "recorded-to-confirm",
  "audit-broken",
  "results",
  "none-found",
  "offline",
  "profile",
  "profile-authenticators",
  "remove-error",
  "address",
  "address-reason",
  "identity",
  "identity-error",
  "check",
  "check-offline",
  "recorded",
  "waiting-wrong-account",
  "link-expired",
  "attention-profile-changed",
  "outbox-paused",
  "outbox-drafts",
  "outbox-discarded",
  "confirm-recorded",
  "who",
  "enter-pin-wrong",
  "locked",
  "offline-drafts",
  "offline-work",
  "idle-warning",
  "help",
];
const TYPES = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
};

const executablePath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);
if (!executablePath) {
  console.error("Chromium is missing: apt-get install -y --no-install-recommends chromium");
  process.exit(1);
}

await build({ root: here, mode: "gallery", logLevel: "warn" });
const server = createServer((request, response) => {
  const path = new URL(request.url, "http://x").pathname;
  const file = join(gallery, path === "/" ? "gallery.html" : path);
  if (!file.startsWith(gallery) || !existsSync(file)) return response.writeHead(404).end();
  response.writeHead(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream" });
  createReadStream(file).pipe(response);
});
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const base = `http://127.0.0.1:${server.address().port}/`;
await rm(pictures, { recursive: true, force: true });
await mkdir(pictures, { recursive: true });

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--force-color-profile=srgb"] });
const option = (name) => (process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1].split(",") : null);
const only = option("--only");
const views = option("--views");
const faults = [];
/** Each is told at once: whoever waits for hundreds of pictures is to see that something is wrong with all of them. */
function fault(what) {
  faults.push(what);
  console.error(what);
}
let shown = 0;

async function show(context, view, name) {
  const page = await context.newPage();
  const say = (what) => fault(`${name} at ${view.name}: ${what}`);
  page.on("pageerror", (error) => say(`threw ${error.message}`));
  page.on("console", (message) => message.type() === "error" && say(`console: ${message.text()}`));
  await page.goto(`${base}#${name}`);
  await page.waitForSelector("main h1");
  const wanted = await page.evaluate(() => ({ ...document.documentElement.dataset }));
  const fill = Object.entries(JSON.parse(wanted.fill));
  for (const selector of JSON.parse(wanted.press)) {
    if (selector === "#primary") for (const [field, text] of fill) await page.fill(field, text);
    await page.click(selector);
  }
  const status = wanted.status ? `[data-status="${wanted.status}"]` : "";
  await page
    .waitForSelector(`main[data-page="${wanted.page}"]${status}`, { timeout: 5000 })
    .catch(() => say(`is not the page ${wanted.page}${status}`));
  await page.evaluate(() => document.fonts.ready);
  // axe's script is run by the test, not by the page, so the page's own policy stays as strict as it is.
  await page.evaluate(axe);
  const result = await page.evaluate(
    (tags) => globalThis.axe.run(document, { runOnly: tags, resultTypes: ["violations"] }),
    TAGS,
  );
  for (const violation of result.violations) {
    say(`axe ${violation.id}: ${violation.nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`);
  }
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (wide > 0) say(`scrolls sideways by ${wide} px`);
  const h1 = await page.locator("h1").count();
  if (h1 !== 1) say(`has ${h1} h1`);
  for (const moving of await page.evaluate(moves)) say(`moves: ${moving}`);
  await page.screenshot({ path: join(pictures, `${name}-${view.name}.png`), fullPage: true });
  if (view.walked) {
    await page.screenshot({ path: join(pictures, `${name}-${view.name}-first.png`) });
    await walk(page, say, join(pictures, `${name}-${view.name}-primary.png`));
  }
  await page.close();
  shown += 1;
}

/** Goes through a page with Tab: each thing that takes focus must be in view, and the button that goes on among them. */
async function walk(page, say, picture) {
  const start = await page.evaluate(focused);
  if (start?.hidden) say(`begins with focus on ${start.name}, ${start.hidden}`);
  const unseen = await page.evaluate(unseenWarning);
  if (unseen) say(`begins below a warning: ${unseen}`);
  const buttons = await page.locator("#primary").count();
  const met = new Set();
  for (;;) {
    await page.keyboard.press("Tab");
    const at = await page.evaluate(focused);
    if (at === null) continue;
    if (met.has(at.name)) break;
    met.add(at.name);
    if (at.hidden) say(`Tab leads to ${at.name}, ${at.hidden}`);
    if (at.name === "button#primary") await page.screenshot({ path: picture });
    if (met.size > 200) return say("Tab never comes round");
  }
  const dialog = await page.locator("dialog[open]").count();
  if (buttons > 0 && dialog === 0 && !met.has("button#primary")) say("Tab does not lead to the button that goes on");
}

/** In the page: what has focus, and why it cannot be seen if it cannot. */
function focused() {
  const element = document.activeElement;
  if (!element || element === document.body) return null;
  const all = [...document.querySelectorAll("*")];
  const name = `${element.localName}#${element.id || all.indexOf(element)}`;
  // Of a link that goes over several lines, the first.
  const { left, right, top, bottom } = element.getClientRects()[0];
  const seen = {
    left: Math.max(left, 0),
    right: Math.min(right, innerWidth),
    top: Math.max(top, 0),
    bottom: Math.min(bottom, innerHeight),
  };
  if (seen.right - seen.left < 1 || seen.bottom - seen.top < 1) return { name, hidden: "which is outside the window" };
  const tall = bottom - top > innerHeight;
  if (!tall && (top < -1 || bottom > innerHeight + 1)) return { name, hidden: "of which the window shows a part" };
  const onTop = document.elementFromPoint((seen.left + seen.right) / 2, (seen.top + seen.bottom) / 2);
  // A label may stand over the box it belongs to.
  const own = onTop && (element.contains(onTop) || (onTop.htmlFor !== undefined && onTop.htmlFor === element.id));
  return { name, hidden: own ? "" : `which ${onTop?.outerHTML.slice(0, 80)} covers` };
}

/** In the page: of the warnings above it the first, where the window begins below its beginning. */
function unseenWarning() {
  if (document.querySelector("dialog[open]")) return "";
  const warning = [...document.querySelectorAll("[data-warns]")].find((element) => element.textContent);
  const { top, bottom } = warning?.getBoundingClientRect() ?? { top: 0, bottom: 0 };
  return warning && (top < 0 || Math.min(bottom, top + 40) > innerHeight) ? warning.textContent.slice(0, 60) : "";
}

/** In the page: what has an animation or a transition. */
function moves() {
  const found = [];
  for (const element of document.querySelectorAll("*")) {
    for (const part of [null, "::before", "::after"]) {
      const { animationName, transitionDuration } = getComputedStyle(element, part);
      if (animationName === "none" && !/[1-9]/.test(transitionDuration)) continue;
      found.push(`${element.localName}.${element.className}${part ?? ""}: ${animationName}, ${transitionDuration}`);
    }
  }
  return found;
}

const first = await browser.newPage();
await first.goto(base);
const names = JSON.parse(await first.locator("#root").textContent()).filter((name) => !only || only.includes(name));
await first.close();
for (const view of VIEWS.filter(({ name }) => !views || views.includes(name))) {
  const context = await browser.newContext({
    viewport: { width: view.width, height: view.height },
    deviceScaleFactor: view.scale ?? 1,
    forcedColors: view.forcedColors ?? "none",
    reducedMotion: "reduce",
    timezoneId: "Europe/London",
    locale: "en-GB",
  });
  // It is always the same moment, so that the pictures can be compared.
  await context.addInitScript((now) => {
    // As the app's window does (freezePrototype).
    Object.freeze(Object.prototype);
    const Real = Date;
    globalThis.Date = class extends Real {
      constructor(...parts) {
        if (parts.length === 0) super(now);
        else super(...parts);
      }
      static now() {
        return now;
      }
    };
  }, NOW);
  const waiting = view.walked ? names.filter((name) => ZOOMED.includes(name)) : [...names];
  await Promise.all(
    [1, 2, 3].map(async () => {
      for (let name = waiting.shift(); name; name = waiting.shift()) {
        await show(context, view, name).catch((error) => fault(`${name} at ${view.name}: ${error.message}`));
      }
    }),
  );
  await context.close();
}
await browser.close();
server.close();
console.log(`${names.length} scenes, ${shown} pictures in ${pictures}, ${faults.length} faults`);
process.exit(faults.length === 0 ? 0 : 1);
