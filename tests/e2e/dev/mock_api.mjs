// mock_api.mjs -- a stand-in for the server while the pages are drawn: fixed answers in
// the shapes of schema/openapi.json. Not part of the product and not what tests run on.
//   node tests/e2e/dev/mock_api.mjs [port]
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const dist = fileURLToPath(new URL("../../../web/dist", import.meta.url));
const csp = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
  + "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; "
  + "require-trusted-types-for 'script'; trusted-types 'none'";
const types = { html: "text/html; charset=utf-8", js: "text/javascript", css: "text/css",
  svg: "image/svg+xml", txt: "text/plain" };

const people = {
  "olive@example.org": { id: "usr_0olive", email: "olive@example.org", name: "Olive Owner", roles: ["owner", "admin"] },
  "rae@example.org": { id: "usr_0rae", email: "rae@example.org", name: "Rae Researcher", roles: ["researcher"] },
  "aud@example.org": { id: "usr_0aud", email: "aud@example.org", name: "Audrey Auditor", roles: ["auditor"] },
};
const id = (p, n) => `${p}_01JD${String(n).padStart(22, "0")}`;
const hash = (n) => String(n).repeat(64).slice(0, 64);
const ago = (h) => new Date(Date.now() - h * 3.6e6).toISOString();

const source1 = `-- Readmission by ward: how long do older patients stay?
local v = site.open "admissions"
local old = v:where "age >= 65"
local n = old:count{ epsilon = 0.1 }:release()
local stay = old:clip("los", 0, 60):mean("los", { epsilon = 0.3 }):release()
return { over_65 = n.value, mean_stay = stay.value }
`;
const source2 = `-- Readmission by ward: how long do older patients stay?
local v     = site.open "admissions"
local old   = v:where "age >= 65 and ward ~= 'C'"
local n     = old:count{ epsilon = 0.1 }:release()
local stay  = old:clip("los", 0, 30):mean("los", { epsilon = 0.2 }):release()
local wards = v:group_by("ward"):count{ epsilon = 0.2 }:release()

print("people over 65: " .. n.value)
return { over_65 = n.value, mean_stay = stay, wards = wards }
`;
const measurements = [
  { label: "count()", mechanism: "discrete_laplace", epsilon: "0.1", rho: null, delta: "0", error95: "30" },
  { label: "mean(los)", mechanism: "discrete_laplace", epsilon: "0.2", rho: null, delta: "0", error95: "0.42" },
  { label: "count() by ward", mechanism: "discrete_laplace", epsilon: "0.2", rho: null, delta: "0", error95: "15" },
];
const outputs = { over_65: 1842, mean_stay: { value: 6.42, error95: 0.42 },
  wards: Object.fromEntries(["Cardiology", "Geriatrics", "Oncology", "Surgery", "Emergency"]
    .map((k, i) => [k, { value: [820, 1410, 365, 1104, 1733][i], error95: 15 }])) };
const requirements = [
  { name: "hidden_characters", met: true, detail: "" }, { name: "policy", met: true, detail: "lane dp is allowed" },
  { name: "parses", met: true, detail: "" }, { name: "mock_run", met: true, detail: "3 measurements in 41 ms" },
  { name: "budget", met: true, detail: "0.5 of 1.9 free" }, { name: "reviews", met: false, detail: "0 of 1 approvals" },
];
function job(n, state, waiting_on, more = {}) {
  return { id: id("job", n), project: id("prj", 1), dataset: "admissions", title: "Readmission by ward",
    question: "Do patients over 65 stay longer in some wards than in others?", lane: "dp",
    author: { id: "usr_0rae", name: "Rae Researcher" }, state, waiting_on, version: 1, source_sha256: hash(n),
    dataset_version: 2, policy_version: 1, max_budget: { epsilon: "0.5", delta: "0" },
    outputs: [{ name: "over_65", description: "number of patients over 65" },
      { name: "mean_stay", description: "mean length of stay in days" },
      { name: "wards", description: "number of stays per ward" }],
    requirements, quote: { columns: ["age", "ward", "los"], outputs: [], measurements,
      total: { epsilon: "0.5", rho: null, delta: "0" } },
    failure: null, created_at: ago(50 - n), updated_at: ago(40 - n), ...more };
}
const evil = "\"><img src=x onerror=alert(1)> \u202Egnihtyna\u202C " + "long".repeat(30);
const jobs = [
  job(1, "in_review", "reviewer", { version: 2 }),
  job(2, "in_review", "reviewer", { title: evil, question: `<script>alert(1)</script> ${evil}`, lane: "exact",
    outputs: [{ name: "<b>x</b>", description: evil }] }),
  job(3, "held", "reviewer", { title: "Exact age distribution", lane: "exact", max_budget: { epsilon: "0.2" } }),
  job(4, "released", "nobody", { title: "Mean stay by admission type" }),
  job(5, "running", "system", { title: "Deaths within 30 days", dataset: "registry" }),
  job(6, "changes_requested", "author", { title: "Lab values, first look" }),
  job(7, "blocked", "author", { title: "Row listing", requirements: [
    ...requirements.slice(0, 3), { name: "mock_run", met: false, detail: "line 4: no column 'loss'" }] }),
  job(8, "failed", "author", { title: "Too long", failure: { kind: "timeout", line: null } }),
];
const budget = { accounting: "pure", epsilon: "3", delta: "0", spent: "0.8", reserved: "0.3", free: "1.9", rho: null };
const columns = [
  { name: "patient", type: "id", nullable: false, sensitivity: "direct" },
  { name: "age", type: "integer", lower: "0", upper: "120", nullable: false, sensitivity: "quasi" },
  { name: "ward", type: "category", categories: ["Cardiology", "Geriatrics", "Oncology", "Surgery", "Emergency"], public_categories: true },
  { name: "los", type: "decimal", decimals: 1, lower: "0", upper: "60", sensitivity: "sensitive", description: "length of stay in days" },
  { name: "admitted", type: "date" }, { name: "died", type: "boolean", sensitivity: "sensitive" }];
const dataset = (name, more = {}) => ({ id: id("dst", name.length), name, title: "Hospital admissions 2024",
  description: "Stays of adult patients in five wards.", owner: { id: "usr_0olive", name: "Olive Owner" },
  unit: { column: "patient", max_rows: 3 }, columns, accounting: "pure", policy: "dp-only", policy_version: 1,
  data_version: 2, rows: 5399, mock_rows: 1000, published: true, archived: false, created_at: ago(400), updated_at: ago(60), ...more });
const datasets = [dataset("admissions"), dataset("registry", { title: "Cancer registry", published: false, mock_rows: null, accounting: "zcdp" })];
const ledger = [["grant", "3"], ["reserve", "0.5"], ["charge", "0.3"], ["charge", "0.2"], ["settle", "0"], ["reserve", "0.5"], ["charge", "0.3"], ["settle", "0.2"], ["reserve", "0.3"]]
  .map(([kind, epsilon], i) => ({ seq: i + 1, time: ago(400 - 40 * i), kind, job: i ? id("job", 4) : null, run: null,
    measurement: kind === "charge" ? "mean(los)" : null, mechanism: kind === "charge" ? "discrete_laplace" : null, epsilon, rho: null, delta: "0", hash: hash(i) }));
const project = { id: id("prj", 1), title: "Ageing and hospital stay", purpose: "Find where older patients stay longer than needed, to plan wards.",
  datasets: ["admissions"], researcher: { id: "usr_0rae", name: "Rae Researcher" }, created_at: ago(300) };
const receipt = { receipt: { version: 1, site: "St. Example", job: id("job", 4), dataset: "admissions", data_version: 2, policy: "dp-only",
  source_sha256: hash(4), epsilon: "0.5", released_at: ago(3) }, signature: "c2ln".repeat(20), key: "a2V5".repeat(10) };
const checks = { requirements, findings: [], columns: ["age", "ward", "los"], marks: [
  { line: 2, kind: "column", text: "open admissions" }, { line: 3, kind: "column", text: "age, ward" },
  { line: 4, kind: "spend", text: "count 0.1" }, { line: 4, kind: "release", text: "n" },
  { line: 5, kind: "spend", text: "mean(los) 0.2" }, { line: 5, kind: "release", text: "stay" }, { line: 5, kind: "column", text: "los" },
  { line: 6, kind: "spend", text: "count by ward 0.2" }, { line: 6, kind: "release", text: "wards" }] };
const reviews = { [id("job", 1)]: [{ id: "rev_1", version: 1, source_sha256: hash(1), decision: "request_changes",
  comment: "line 5: 60 days is too wide a bound, use 30.\nPlease drop ward C as agreed.", reviewer: { id: "usr_0olive", name: "Olive Owner" }, created_at: ago(45) }] };
const users = () => Object.values(people).map((u) => ({ ...u, suspended: false, created_at: ago(500) }));
const audit = Array.from({ length: 12 }, (_, i) => ({ seq: i + 1, time: ago(30 - i), actor: "usr_0olive",
  verb: ["user.add", "dataset.create", "job.submit", "job.approve", "run.start"][i % 5], subject: id("job", 1), facts: { version: 1 }, hash: hash(i), prev: hash(i + 1) }));

let who = null;
const streams = new Set();
const tell = (kind, subject) => { for (const s of streams) s.write(`id: ${Date.now()}\nevent: ${kind}\ndata: ${JSON.stringify({ subject })}\n\n`); };
const problem = (status, slug, detail, more = {}) => ({ status, type: "application/problem+json",
  body: { type: `/problems/${slug}`, title: slug, status, detail, instance: "req_1", ...more } });
const list = (items) => ({ items, next_cursor: null });
const find = (j) => jobs.find((x) => x.id === j);

const handlers = [
  ["GET", /^\/session$/, () => who ? { user: who, csrf_token: "t" } : problem(401, "unauthenticated", "Sign in.")],
  ["POST", /^\/session$/, (m, b) => { who = people[b.email]; return who ? { status: 201, cookie: b.email, body: { user: who, csrf_token: "t" } } : problem(401, "unauthenticated", "The e-mail or the password is wrong."); }],
  ["DELETE", /^\/session$/, () => ({ status: 204, cookie: "-" })],
  ["POST", /^\/setup$/, (m, b) => { people[b.email] = { id: "usr_0new", email: b.email, name: b.name, roles: ["admin", "owner"] }; return { status: 201, body: people[b.email] }; }],
  ["GET", /^\/jobs$/, () => list(jobs.filter((j) => who.roles.includes("owner") || j.author.id === who.id))],
  ["POST", /^\/jobs$/, (m, b) => { const j = job(jobs.length + 1, "checking", "system", { title: b.title, question: b.question }); jobs.push(j); return { status: 201, body: j }; }],
  ["GET", /^\/jobs\/([^/]+)$/, (m) => find(m[1]) ?? problem(404, "not-found", "")],
  ["GET", /^\/jobs\/([^/]+)\/versions$/, (m) => list(Array.from({ length: find(m[1]).version }, (_, i) => ({ version: i + 1, source_sha256: hash(i + 1), created_at: ago(48 - 6 * i) })))],
  ["GET", /^\/jobs\/([^/]+)\/versions\/(\d+)\/source$/, (m) => ({ type: "text/x-lua", body: m[2] === "1" && find(m[1]).version > 1 ? source1 : source2 })],
  ["GET", /^\/jobs\/[^/]+\/versions\/\d+\/checks$/, () => checks],
  ["GET", /^\/jobs\/[^/]+\/versions\/\d+\/mock_result$/, () => ({ ok: true, outputs, log: "people over 65: 1842\n", measurements, findings: [], failure: null })],
  ["GET", /^\/jobs\/([^/]+)\/reviews$/, (m) => list(reviews[m[1]] ?? [])],
  ["POST", /^\/jobs\/([^/]+)\/reviews$/, (m, b, req) => {
    const j = find(m[1]);
    if (req.headers["if-match"] !== etag(j)) return problem(412, "stale-version", "It changed.");
    Object.assign(j, b.decision === "approve" ? { state: "queued", waiting_on: "system" } : b.decision === "reject" ? { state: "rejected", waiting_on: "nobody" } : { state: "changes_requested", waiting_on: "author" });
    setTimeout(() => { if (j.state === "queued") { j.state = "running"; tell("job.state", j.id); } }, 1500);
    setTimeout(() => { if (j.state === "running") { j.state = "released"; j.waiting_on = "nobody"; tell("job.state", j.id); } }, 3500);
    return { status: 201, body: { ...b, id: "rev_2" } };
  }],
  ["POST", /^\/jobs\/([^/]+)\/(withdrawal|cancellation|revocation)$/, (m) => Object.assign(find(m[1]), { state: { withdrawal: "withdrawn", cancellation: "cancelled", revocation: "revoked" }[m[2]], waiting_on: "nobody" })],
  ["GET", /^\/jobs\/[^/]+\/sealed_result$/, () => ({ outputs, checks: [{ name: "minimum_count", met: true, detail: "all of 5 groups ≥ 10" }, { name: "dominance", met: false, detail: "group Oncology: the largest share is 0.62" }], measurements: measurements.map((m) => ({ ...m, mechanism: "exact", epsilon: null, error95: null })), log: "ok" })],
  ["POST", /^\/jobs\/([^/]+)\/release$/, (m, b) => Object.assign(find(m[1]), { state: b.decision === "release" ? "released" : "withheld", waiting_on: "nobody" })],
  ["GET", /^\/jobs\/[^/]+\/result$/, () => ({ outputs, measurements, receipt })],
  ["GET", /^\/jobs\/[^/]+\/receipt$/, () => receipt],
  ["GET", /^\/datasets$/, () => list(datasets)],
  ["POST", /^\/datasets$/, (m, b) => { const d = dataset(b.name, { ...b, budget: undefined, data_version: null, rows: null, mock_rows: null, published: false }); datasets.push(d); return { status: 201, body: d }; }],
  ["POST", /^\/datasets\/suggestions$/, () => ({ unit: { column: "patient", max_rows: 3 }, columns })],
  ["GET", /^\/datasets\/([^/]+)$/, (m) => datasets.find((d) => d.name === m[1]) ?? problem(404, "not-found", "")],
  ["PUT", /^\/datasets\/([^/]+)\/data$/, () => ({ status: 201, body: { version: 3, rows: 5399, sha256: hash(7), rejected: [] } })],
  ["PUT", /^\/datasets\/([^/]+)\/mock$/, () => ({ status: 201, body: { rows: 100, sha256: hash(8) } })],
  ["POST", /^\/datasets\/([^/]+)\/mock\/generation$/, (m, b) => ({ status: 201, body: { rows: b.rows, sha256: hash(8) } })],
  ["GET", /^\/datasets\/([^/]+)\/mock$/, () => ({ type: "text/csv", body: "patient,age,ward,los,admitted,died\np1,71,Surgery,4.5,2024-03-01,false\np2,44,Oncology,12.0,2024-05-11,true\n" })],
  ["POST", /^\/datasets\/([^/]+)\/publication$/, (m) => { Object.assign(datasets.find((d) => d.name === m[1]), { published: true }); return { name: m[1], published: true }; }],
  ["DELETE", /^\/datasets\/([^/]+)\/publication$/, (m) => { Object.assign(datasets.find((d) => d.name === m[1]), { published: false }); return { name: m[1], published: false }; }],
  ["PUT", /^\/datasets\/([^/]+)\/grants\/(.+)$/, (m) => ({ dataset: m[1], user_id: m[2] })],
  ["GET", /^\/datasets\/([^/]+)\/policy$/, () => ({ name: "dp-only", title: "Differentially private answers only", version: 1, document: { name: "dp-only", lanes: { dp: { release: "auto" } }, approvals: 1 } })],
  ["GET", /^\/datasets\/([^/]+)\/budget$/, (m) => m[1] === "registry" ? { accounting: "zcdp", epsilon: "2", delta: "1e-7", spent: "0.41", reserved: "0", free: "1.59", rho: { limit: "0.05", spent: "0.002", reserved: "0", free: "0.048" } } : budget],
  ["PATCH", /^\/datasets\/([^/]+)\/budget$/, (m, b) => Object.assign(budget, { epsilon: b.epsilon })],
  ["PUT", /^\/datasets\/([^/]+)\/budget\/allocations\/(.+)$/, (m, b) => ({ project: m[2], ...b })],
  ["GET", /^\/datasets\/([^/]+)\/ledger$/, () => list(ledger)],
  ["GET", /^\/policies$/, () => list([{ name: "dp-only", title: "Differentially private answers only" }, { name: "open-review", title: "All lanes, reviewed; exact answers held" }])],
  ["GET", /^\/projects$/, () => list([project])], ["GET", /^\/projects\/.+$/, () => project],
  ["POST", /^\/projects$/, (m, b) => ({ status: 201, body: { ...project, ...b } })],
  ["GET", /^\/users$/, () => list(users())], ["POST", /^\/users$/, (m, b) => ({ status: 201, body: { ...b, id: "usr_9" } })],
  ["PATCH", /^\/users\/(.+)$/, (m, b) => ({ ...users()[0], ...b })],
  ["GET", /^\/tokens$/, () => list([{ id: "tok_1", name: "laptop", scopes: ["jobs:read"], created_at: ago(90), expires_at: ago(-900), last_used_at: ago(4) }])],
  ["POST", /^\/tokens$/, (m, b) => ({ status: 201, body: { ...b, id: "tok_2", token: "dsk_" + "x".repeat(43), expires_at: ago(-900) } })],
  ["DELETE", /^\/tokens\/(.+)$/, () => ({ status: 204 })],
  ["POST", /^\/mock_runs$/, () => ({ ok: true, outputs, log: "people over 65: 1842\n", measurements, findings: [], failure: null })],
  ["POST", /^\/quotes$/, () => ({ columns: ["age", "ward", "los"], outputs: [], measurements, total: { epsilon: "0.5", rho: null, delta: "0" } })],
  ["GET", /^\/audit$/, () => list(audit)], ["GET", /^\/audit\/head$/, () => ({ entries: 12, head: hash(11), signature: "s", key: "k" })],
  ["GET", /^\/audit\/export$/, () => ({ type: "application/jsonl", body: audit.map((a) => JSON.stringify(a)).join("\n") })],
];

const etag = (v) => `"${Buffer.from(JSON.stringify(v)).toString("base64").slice(-24)}${JSON.stringify(v).length}"`;
function send(req, res, out) {
  const wrapped = out.status !== undefined && !("state" in out) && !("title" in out) || "type" in out && "body" in out ? out : { body: out };
  const status = wrapped.status ?? 200;
  const body = typeof wrapped.body === "string" ? wrapped.body : JSON.stringify(wrapped.body);
  const tag = wrapped.body ? etag(wrapped.body) : undefined;
  const h = { ...(wrapped.cookie && { "set-cookie": `who=${wrapped.cookie}; Path=/; HttpOnly` }), "content-type": wrapped.type ?? "application/json", "cache-control": "no-store" };
  if (status < 300 && req.method === "GET") h.etag = tag;
  if (h.etag && req.headers["if-none-match"] === tag) { res.writeHead(304, h).end(); return; }
  res.writeHead(status, h).end(status === 204 ? undefined : body);
}
async function page(path, res) {
  const name = /\.\w+$/.test(path) ? path.slice(1) : "index.html";
  try {
    const bytes = await readFile(join(dist, name));
    res.writeHead(200, { "content-type": types[name.split(".").pop()], "content-security-policy": csp }).end(bytes);
  } catch { res.writeHead(404).end(); }
}
async function answer(req, res) {
  const url = new URL(req.url, "http://x");
  if (url.pathname === "/.well-known/datasite") return send(req, res, { status: 200, body: { name: "St. Example Hospital", version: "1.0.0", key: "k" } });
  if (url.pathname === "/readyz") return send(req, res, { status: 200, body: { status: "ready", sandbox: "namespaces, landlock, seccomp" } });
  if (!url.pathname.startsWith("/api/v1")) return page(url.pathname, res);
  const path = url.pathname.slice(7);
  let text = "";
  for await (const c of req) text += c;
  who = people[/who=([^;]+)/.exec(req.headers.cookie ?? "")?.[1]] ?? null;
  const open = path === "/session" || path === "/setup";
  if (!who && !open) return send(req, res, problem(401, "unauthenticated", "Sign in."));
  if (path === "/events") {
    res.writeHead(200, { "content-type": "text/event-stream" });
    streams.add(res);
    res.on("close", () => streams.delete(res));
    res.write(": hello\n\n");
    return;
  }
  if (req.method !== "GET" && who && path !== "/session" && req.headers["x-csrf-token"] !== "t") return send(req, res, problem(403, "csrf", "No CSRF token."));
  for (const [method, pattern, fn] of handlers) {
    const m = method === req.method && pattern.exec(path);
    if (!m) continue;
    const json = (req.headers["content-type"] ?? "").includes("json") && text ? JSON.parse(text) : {};
    return send(req, res, fn(m, json, req));
  }
  send(req, res, problem(404, "not-found", ""));
}
const port = Number(process.argv[2] ?? 8099);
createServer((q, s) => answer(q, s).catch((e) => { console.error(e); s.writeHead(500).end(); }))
  .listen(port, "127.0.0.1", () => console.log(`listening on http://127.0.0.1:${port}`));
