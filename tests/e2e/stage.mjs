// stage.mjs -- what every browser test stands on: a server of its own on a fresh data
// folder, people on it, Chromium, and the watch over what pages must never do.
import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const build = resolve(root, process.env.DATASITE_BUILD ?? "build/dev");
const chromiumPath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const start = createRequire(join(root, "web/package.json"));

export const program = join(build, "datasite");
export const password = "correct horse battery staple";

/** Why the browser tests cannot run here, or null. */
export function missing() {
  if (!existsSync(program)) return `${program} is not built`;
  if (!existsSync(chromiumPath)) return "Chromium is not installed";
  if (!existsSync(join(root, "web/node_modules/playwright-core"))) return "npm ci has not run";
  return null;
}

/** Runs the program; resolves to {code, stdout, stderr}. */
export function run(args, input = "") {
  return new Promise((resolve) => {
    const child = execFile(program, args, { timeout: 30_000 }, (e, stdout, stderr) =>
      resolve({ code: e ? e.code ?? -1 : 0, stdout, stderr }));
    child.stdin.end(input);
  });
}

/** A server on a free port. with(...) lines of its output are in `lines`. */
export async function serve() {
  const dir = await mkdtemp(join(tmpdir(), "datasite-e2e-"));
  const lines = [];
  let child;
  const launch = (listen) => new Promise((resolve, reject) => {
    child = spawn(program, ["serve", "--data", join(dir, "site"), "--listen", listen]);
    let text = "";
    const timer = setTimeout(() => reject(new Error(`no ready line: ${text}`)), 30_000);
    child.stdout.on("data", (b) => {
      text += b;
      lines.push(...String(b).split("\n").filter(Boolean));
      const ready = /listening on (http:\/\/\S+)/.exec(text);
      if (ready) {
        clearTimeout(timer);
        resolve(ready[1]);
      }
    });
    child.stderr.on("data", (b) => { text += b; });
    child.on("exit", (code) => reject(new Error(`the server ended with ${code}: ${text}`)));
  });
  const end = () => new Promise((resolve) => {
    if (child.exitCode !== null) resolve();
    child.once("exit", resolve);
    child.kill("SIGTERM");
  });
  const url = await launch("127.0.0.1:0");
  return {
    url, dir, data: join(dir, "site"), lines,
    addUser: (email, name, ...roles) => run(
      ["user", "add", email, "--name", name, ...roles.flatMap((r) => ["--role", r]),
        "--password-stdin", "--data", join(dir, "site")], password),
    restart: async () => {
      await end();
      await launch(new URL(url).host);
    },
    stop: async () => {
      await end();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

export async function launch() {
  const { chromium } = start("playwright-core");
  return chromium.launch({
    executablePath: chromiumPath,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
      "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
}

/**
 * A page of its own browser context. page.breaches collects what may never happen: a
 * breach of the content security policy, an uncaught error, a dialog.
 */
export async function open(browser, url, options = {}) {
  const context = await browser.newContext({ baseURL: url, acceptDownloads: true,
    viewport: { width: 1400, height: 900 }, ...options });
  const page = await context.newPage();
  page.breaches = [];
  page.setDefaultTimeout(15_000);
  page.on("pageerror", (e) => page.breaches.push(`error: ${e.message}`));
  page.on("dialog", (d) => {
    page.breaches.push(`dialog: ${d.message()}`);
    void d.dismiss();
  });
  page.on("console", (m) => {
    if (/Content Security Policy|Trusted Type|TrustedHTML/i.test(m.text()))
      page.breaches.push(`policy: ${m.text()}`);
  });
  return page;
}

export async function signIn(page, email, secret = password) {
  await page.goto("/login");
  await page.fill("input[name=email]", email);
  await page.fill("input[name=password]", secret);
  await page.click("button[type=submit]");
  await page.waitForSelector(".nav");
}

export async function signOut(page) {
  await page.click(".menu summary");
  await page.click(".menu-box button");
  await page.waitForSelector("input[name=password]");
}

/** A downloaded picture in a window of its own: its text, and what it is made of. */
export async function picture(browser, download, path) {
  await download.saveAs(path);
  const page = await browser.newPage();
  await page.goto(`file://${path}`);
  const found = await page.evaluate(() => ({
    root: document.documentElement.localName, broken: document.querySelector("parsererror") !== null,
    active: document.querySelectorAll("script, img, image, a, foreignObject, style").length,
    handlers: [...document.querySelectorAll("*")].some((e) => [...e.attributes].some((a) => a.name.startsWith("on"))),
    bars: document.querySelectorAll("g > rect").length, text: document.documentElement.textContent,
  }));
  await page.close();
  return found;
}

/** The REST API as a person, for what a test needs but is not about. */
export async function api(url, email, secret = password) {
  const headers = { "Content-Type": "application/json" };
  const ask = async (method, path, body, more = {}) => {
    const raw = typeof body === "string";
    const reply = await fetch(`${url}/api/v1${path}`, { method,
      headers: { ...headers, ...(raw && { "Content-Type": "text/csv" }), ...more },
      body: body === undefined ? undefined : raw ? body : JSON.stringify(body) });
    const text = await reply.text();
    const type = reply.headers.get("content-type") ?? "";
    const answer = { status: reply.status, etag: reply.headers.get("etag"), headers: reply.headers,
      body: type.includes("json") && text ? JSON.parse(text) : text };
    if (reply.status >= 400 && !more.tolerant) throw new Error(`${method} ${path}: ${reply.status} ${text}`);
    return answer;
  };
  const session = await ask("POST", "/session", { email, password: secret });
  headers.Cookie = session.headers.get("set-cookie").split(";")[0];
  headers["X-CSRF-Token"] = session.body.csrf_token;
  return Object.assign(ask, { me: session.body.user });
}

/** Polls fn until it answers something true. */
export async function until(fn, what, ms = 20_000) {
  const end = Date.now() + ms;
  for (;;) {
    const got = await fn();
    if (got) return got;
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await new Promise((r) => setTimeout(r, 100));
  }
}

/** Waits until a field shows a value: effects run after the page is drawn. */
export async function shows(field, value, what = `the field to show ${JSON.stringify(value)}`) {
  await until(async () => (await field.inputValue()) === value, what);
}

const axeSource = () => readFile(start.resolve("axe-core/axe.min.js"), "utf8");

/** axe's violations on the page as it stands, by these rules or by all; run in a world that
 * the page's policy lets be. */
export async function axe(page, rules = null) {
  const only = rules ? `runOnly: ${JSON.stringify(rules)}, ` : "";
  const cdp = await page.context().newCDPSession(page);
  const { frameTree } = await cdp.send("Page.getFrameTree");
  const { executionContextId: contextId } = await cdp.send("Page.createIsolatedWorld",
    { frameId: frameTree.frame.id, worldName: "axe" });
  await cdp.send("Runtime.evaluate", { expression: await axeSource(), contextId });
  const { result } = await cdp.send("Runtime.evaluate", { contextId, awaitPromise: true, returnByValue: true,
    expression: `axe.run(document, { ${only}resultTypes: ["violations"] }).then((r) => r.violations.map((v) =>
      v.id + ": " + v.nodes.map((n) => n.target.join(" ") + " | " + n.failureSummary).join("; ")))` });
  await cdp.detach();
  return result.value;
}

/** By how many pixels the page is wider than its window. */
export function overflow(page) {
  return page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
}

/** A hospital of invented people: the same for the same seed. */
export function hospitalCsv(rows = 400, seed = 7) {
  const wards = ["Cardiology", "Geriatrics", "Oncology", "Surgery"];
  let x = seed;
  const next = (n) => {
    x = (x * 48271) % 2147483647;
    return Math.floor((x / 2147483647) * n);
  };
  const lines = ["patient,age,ward,los,died"];
  for (let i = 0; i < rows; i++)
    lines.push(`p${Math.floor(i / 2)},${20 + next(70)},${wards[next(4)]},${next(30)},${next(20) === 0}`);
  return lines.join("\n") + "\n";
}

export const hospitalSchema = {
  unit: { column: "patient", max_rows: 3 },
  columns: [
    { name: "patient", type: "id", nullable: false, sensitivity: "direct" },
    { name: "age", type: "integer", lower: "0", upper: "120", sensitivity: "quasi" },
    { name: "ward", type: "category", categories: ["Cardiology", "Geriatrics", "Oncology", "Surgery"],
      public_categories: true },
    { name: "los", type: "integer", lower: "0", upper: "60", sensitivity: "sensitive" },
    { name: "died", type: "boolean" },
  ],
};

export const program1 = `local v = site.open "admissions"
local n = v:count{ epsilon = 0.1 }:release()
local wards = v:group_by("ward"):count{ epsilon = 0.2 }:release()
return { n = n, wards = wards }
`;

/** A published dataset with mock and grant, by the API. */
export async function furnish(owner, researcherId, more = {}) {
  const name = more.name ?? "admissions";
  await owner("POST", "/datasets", { name, title: "Hospital admissions", description: "Invented.",
    ...hospitalSchema, budget: { epsilon: "3", delta: "0" }, policy: "open-review", ...more });
  await owner("PUT", `/datasets/${name}/data`, hospitalCsv());
  await owner("POST", `/datasets/${name}/mock/generation`, { rows: 200, seed: 1 });
  await owner("POST", `/datasets/${name}/publication`, {});
  await owner("PUT", `/datasets/${name}/grants/${researcherId}`, {});
}

export async function propose(researcher, more = {}) {
  const { body: project } = await researcher("POST", "/projects",
    { title: "Ageing and stay", purpose: "Plan the wards.", datasets: ["admissions"] });
  const { body: job } = await researcher("POST", "/jobs", { project: project.id, dataset: "admissions",
    title: "Stays by ward", question: "How many stays has each ward?", source: program1, lane: "dp",
    max_budget: { epsilon: "0.5" },
    outputs: [{ name: "n", description: "stays" }, { name: "wards", description: "stays per ward" }], ...more });
  return job;
}

export async function stateOf(ask, id) {
  return (await ask("GET", `/jobs/${id}`)).body.state;
}
