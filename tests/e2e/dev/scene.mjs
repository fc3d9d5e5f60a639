// scene.mjs -- a site with people, two datasets and jobs in every state, for eyes: serves
// until it is told to end.
//   node tests/e2e/dev/scene.mjs
import { api, hospitalCsv, hospitalSchema, serve, stateOf, until } from "../stage.mjs";

const people = {
  "olive@example.org": ["Dr. Olive Owner", "owner"],
  "omar@example.org": ["Omar Osei", "owner"],
  "ada@example.org": ["Ada Admin", "admin"],
  "rae@example.org": ["Rae Researcher", "researcher"],
  "ravi@example.org": ["Prof. Ravi Raghunathan-Lindqvist", "researcher"],
  "aud@example.org": ["Audrey Auditor", "auditor"],
};
const wards = `-- How long do people over 65 stay, and where?
local v   = site.open "admissions"
local old = v:where "age >= 65"

local n     = old:count{ epsilon = 0.1 }:release()
local stay  = old:clip("los", 0, 30):mean("los", { epsilon = 0.2 }):release()
local wards = old:group_by("ward"):count{ epsilon = 0.2 }:release()

print("over 65:", n.value, "+-", n.error95)
return { over_65 = n, mean_stay = stay, by_ward = wards }
`;
const sharper = wards.replace("local stay  = old:clip(\"los\", 0, 30)", "local stay  = old:clip(\"los\", 0, 21)")
  .replace("epsilon = 0.1 }", "epsilon = 0.05 }").replace("-- How long", "-- Asked by the ward sisters: how long");
const exact = `local v = site.open "admissions"
local wards = v:group_by("ward"):count{ epsilon = 0.1 }:exact()
local died = v:where "died == true":group_by("ward"):count{ epsilon = 0.1 }:exact()
return { stays = wards, died = died, note = "ward" }
`;
const plain = (epsilon, where = "true == true") => `local v = site.open "admissions"
return { n = v:where "${where}":count{ epsilon = ${epsilon} }:release() }
`;

const site = await serve();
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => void site.stop().then(() => process.exit(0)));
for (const [email, [name, role]] of Object.entries(people)) await site.addUser(email, name, role);
const [olive, omar, ada, rae, ravi] = await Promise.all(
  Object.keys(people).slice(0, 5).map((email) => api(site.url, email)));

async function dataset(name, title, more) {
  await olive("POST", "/datasets", { name, title, description: "Stays of two years, every ward, one row a stay. Invented.",
    ...hospitalSchema, budget: { epsilon: "6", delta: "0" }, policy: "open-review", ...more });
  await olive("PUT", `/datasets/${name}/data`, hospitalCsv(4000));
  await olive("POST", `/datasets/${name}/mock/generation`, { rows: 400, seed: 1 });
  await olive("POST", `/datasets/${name}/publication`, {});
  for (const who of [rae, ravi]) await olive("PUT", `/datasets/${name}/grants/${who.me.id}`, {});
}
await dataset("admissions", "Hospital admissions");
await dataset("registry", "Stroke registry of the northern counties", { budget: { epsilon: "2", delta: "0.0000001" }, policy: "dp-only" });
await olive("POST", "/datasets", { name: "icu", title: "Intensive care", description: "", ...hospitalSchema,
  budget: { epsilon: "1", delta: "0" }, policy: "dp-only" });
await olive("PATCH", "/datasets/admissions", { reviewers: [omar.me.id] });
const { body: current } = await olive("GET", "/datasets/admissions/policy");
await olive("PUT", "/datasets/admissions/policy", { name: "opensafely" });
await olive("PUT", "/datasets/admissions/policy", { ...current.document, name: "ours", title: "Every lane, small cells told",
  output: { persons_min: 5, exceptions: "comment", suppress: false }, input: { context: true }, templates: true });

const project = async (who, title, purpose) =>
  (await who("POST", "/projects", { title, purpose, datasets: ["admissions", "registry"] })).body.id;
const ageing = await project(rae, "Ageing and stay", "Plan the wards for an older county.");
const safety = await project(ravi, "Patient safety", "Find wards in which people come to harm more often than elsewhere.");

async function job(who, projectId, title, source, more = {}) {
  const { body } = await who("POST", "/jobs", { project: projectId, dataset: "admissions", title, source, lane: "dp",
    question: "How long do people stay, and does the ward matter?", max_budget: { epsilon: "0.5" },
    outputs: [{ name: "over_65", description: "stays of people of 65 and older" },
      { name: "mean_stay", description: "mean stay in days" }, { name: "by_ward", description: "stays per ward" }], ...more });
  await settled(body.id);
  return body.id;
}
async function settled(id) {
  await until(async () => !["checking", "queued", "running", "approved"].includes(await stateOf(olive, id)), "the job to settle");
}
async function review(id, decision, comment = "", who = olive) {
  const seen = await who("GET", `/jobs/${id}`);
  await who("POST", `/jobs/${id}/reviews`, { version: seen.body.version, source_sha256: seen.body.source_sha256,
    decision, comment, checklist: { purpose: true, code: true, outputs: true, price: true } }, { "If-Match": seen.etag });
  if (decision === "approve") await settled(id);
}
const one = { outputs: [{ name: "n", description: "stays" }] };
const released = await job(rae, ageing, "Stays of people over 65", wards);
await review(released, "approve", "Fine: one purpose, small price.");
for (const [i, epsilon] of ["0.1", "0.25", "0.05", "0.4"].entries()) {
  const id = await job(ravi, safety, `Harm, part ${i + 1}`, plain(epsilon, `age >= ${20 + 10 * i}`), one);
  await review(id, "approve");
}
const held = await job(rae, ageing, "True figures by ward", exact, { lane: "exact", outputs: [
  { name: "stays", description: "stays per ward, exact" }, { name: "died", description: "deaths per ward, exact" },
  { name: "note", description: "what the keys are" }] });
await review(held, "approve");
const revised = await job(ravi, safety, "Length of stay, revised after the first look", wards, { max_budget: { epsilon: "1" } });
await olive("POST", `/jobs/${revised}/comments`, { version: 1, line: 6, text: "Why up to 30 days? Nobody stays longer than three weeks." });
await review(revised, "request_changes", "line 6: please bound the stay at 21 days, and say who asks.");
await ravi("POST", `/jobs/${revised}/versions`, { source: sharper, note: "Bounded at 21 days; the count is cheaper now." });
await settled(revised);
await ravi("POST", `/jobs/${revised}/comments`, { version: 2, line: 6, text: "Done, see above." });
await olive("POST", `/jobs/${revised}/comments`, { version: 2, line: 6, visibility: "reviewers",
  text: "Omar, is this the question that we turned down in spring?" });
const waiting = await job(rae, ageing, "Stays in surgery", plain("0.3", "ward == 'Surgery'"), one);
await review(waiting, "abstain", "I am a co-author of the study.", omar);
const returned = await job(rae, ageing, "Everything about everybody, with a title that is much longer than any title should be and still goes on",
  plain("0.2", "age < 30"), one);
await review(returned, "request_changes", "Too broad. Which question do you want answered?");
const rejected = await job(ravi, safety, "Names of the dead", plain("0.45", "died == true"), one);
await review(rejected, "reject", "Not what the data were given for.");
const blocked = await job(rae, ageing, "Too dear", plain("2"), one);
const failed = await job(rae, ageing, "Breaks on the way", "local v = site.open \"admissions\"\nlocal n = v:count{ epsilon = 0.01 }:release()\nif n.value > 900 then error(\"more than I can take\") end\nreturn { n = n }\n", one);
if (await stateOf(olive, failed) === "in_review") await review(failed, "approve");
await ada("PATCH", "/datasets/admissions/budget", { epsilon: "8", reason: "A second year of data came in." },
  { "If-Match": (await ada("GET", "/datasets/admissions/budget")).etag });
await ada("PUT", `/datasets/admissions/budget/allocations/${ageing}`, { epsilon: "3" });
await olive("POST", "/datasets/admissions/templates", { name: "Count of an age group", lane: "dp", max_epsilon: "0.2",
  source: "local v = site.open \"admissions\"\nreturn { n = v:where \"age >= ${age}\":count{ epsilon = 0.1 }:release() }\n",
  parameters: { age: { lower: "18", upper: "90" } } });
await rae("POST", "/tokens", { name: "laptop", scopes: ["jobs:read"], expires_in_days: 30 }).catch((e) => console.log(e.message));
console.log(JSON.stringify({ url: site.url, released, held, revised, waiting, returned, rejected, blocked, failed, ageing }));
