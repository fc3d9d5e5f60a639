// states.test.mjs -- the states of lists and pages: while they load, when there is nothing,
// when it fails, when it is not yours; more than one page; two tabs; another language.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { api, furnish, hospitalCsv, hospitalSchema, launch, missing, open, propose, serve, signIn, stateOf, until } from "./stage.mjs";

const why = missing();

describe("states", { skip: why ?? false }, () => {
  let site, browser, owner, rae, job;

  before(async () => {
    site = await serve();
    await site.addUser("olive@example.org", "Olive Owner", "owner", "admin", "auditor");
    await site.addUser("rae@example.org", "Rae Researcher", "researcher");
    await site.addUser("new@example.org", "Nora New", "owner", "researcher");
    owner = await api(site.url, "olive@example.org");
    rae = await api(site.url, "rae@example.org");
    await furnish(owner, rae.me.id);
    job = (await propose(rae)).id;
    await until(async () => (await stateOf(owner, job)) === "in_review", "the checks");
    browser = await launch();
  });
  after(async () => {
    await browser?.close();
    await site?.stop();
  });

  const as = async (email, options) => {
    const page = await open(browser, site.url, options);
    await signIn(page, email);
    return page;
  };
  const lists = () => ({ "/inbox": "**/api/v1/jobs?*", "/inbox?show=all": "**/api/v1/jobs?*",
    "/datasets": "**/api/v1/datasets?*", "/budgets": "**/api/v1/datasets?*", "/people": "**/api/v1/users?*",
    "/audit": "**/api/v1/audit?*", "/tokens": "**/api/v1/tokens?*", "/notifications": "**/api/v1/notices?*",
    "/transparency": "**/api/v1/transparency?*", "/budgets?tab=populations": "**/api/v1/populations?*",
    "/datasets/admissions?tab=access": "**/api/v1/datasets/admissions/grants*",
    "/datasets/admissions/policies": "**/policy/versions?*", "/budgets/admissions": "**/budget/allocations?*",
    [`/jobs/${job}?tab=mock`]: "**/mock_result", [`/jobs/${job}`]: `**/api/v1/jobs/${job}` });
  const problem = { type: "/problems/internal", title: "The server failed", status: 500, detail: "x", instance: "req_1" };

  it("show that they load, then that it failed, then what there is when asked again", async () => {
    const page = await as("olive@example.org");
    for (const [path, requests] of Object.entries(lists())) {
      let answer = () => {};
      const asked = new Promise((r) => { answer = r; });
      await page.route(requests, async (route) => {
        await asked;
        await route.fulfill({ status: 500, contentType: "application/problem+json", body: JSON.stringify(problem) });
      });
      await page.goto(path);
      await until(async () => (await page.locator(".bone").count()) > 0, `${path} to say that it loads`);
      answer();
      const alert = page.locator(".trouble").first();
      await alert.waitFor();
      assert.match(await alert.textContent(), /Something failed on the server/, path);
      await page.unroute(requests);
      const again = page.getByRole("button", { name: "Try again" });
      for (let n = await again.count(); n > 0; n--) await again.first().click();
      await until(async () => (await page.locator(".trouble").count()) === 0, `${path} to recover`);
    }
    assert.deepEqual(page.breaches, []);
    await page.context().close();
  });

  it("say what is empty and what to do about it", async () => {
    const page = await as("new@example.org");
    for (const [path, words] of Object.entries({ "/inbox": /Nothing needs you/, "/inbox?show=done": /No jobs here/,
      "/datasets": /./, "/jobs": /No jobs here/, "/projects": /./, "/notifications": /./, "/tokens": /No token/,
      "/transparency": /Nothing is shown here/ })) {
      await page.goto(path);
      await until(async () => (await page.locator(".empty").count()) > 0, `${path} to be empty`);
      assert.match(await page.locator(".empty").first().textContent(), words, path);
    }
    await page.context().close();
  });

  it("say what a dataset lacks before it can be published", async () => {
    await owner("POST", "/datasets", { name: "draft", title: "A draft", description: "", ...hospitalSchema,
      budget: { epsilon: "1", delta: "0" }, policy: "dp-only" });
    const page = await as("olive@example.org");
    await page.goto("/datasets/draft");
    const publish = page.getByRole("button", { name: "Publish" });
    await publish.waitFor();
    assert.ok(await publish.isDisabled());
    assert.equal(await page.locator(".requirements .unmet").count(), 2);
    await owner("PUT", "/datasets/draft/data", hospitalCsv());
    await page.getByRole("link", { name: "There is a mock" }).click();
    await page.getByRole("button", { name: "Generate" }).click();
    await page.getByRole("link", { name: "Overview" }).click();
    await until(() => publish.isEnabled(), "the button");
    await page.context().close();
  });

  it("say that a job of others is not there", async () => {
    const page = await as("new@example.org");
    await page.goto(`/jobs/${job}`);
    await page.getByText("There is no such thing, or it is not yours to see.").waitFor();
    await page.context().close();
  });

  it("keep what is on the screen when the server cannot be reached, and say so", async () => {
    const page = await as("olive@example.org");
    await page.goto("/datasets");
    await page.getByText("Hospital admissions").waitFor();
    await page.context().setOffline(true);
    await page.getByRole("link", { name: "Inbox" }).click();
    await page.getByText("The server cannot be reached").first().waitFor();
    await page.context().setOffline(false);
    await page.evaluate(() => dispatchEvent(new Event("online")));
    await page.getByRole("link", { name: /Stays by ward/ }).waitFor();
    await page.context().close();
  });

  it("count every open job and page through the rest", async () => {
    const page = await as("olive@example.org");
    const { body } = await owner("GET", `/jobs/${job}`);
    const make = (n, tag, more) => Array.from({ length: n }, (_, i) =>
      ({ ...body, ...more, id: `job_${tag}${String(i).padStart(25, "0")}`, title: `${tag} ${i}` }));
    const pages = { "waiting_on=reviewer": [make(200, "A"), make(130, "B")],
      "waiting_on=nobody": [make(50, "C", { waiting_on: "nobody" }), make(7, "D", { waiting_on: "nobody" })] };
    await page.route("**/api/v1/jobs?*", (route) => {
      const url = route.request().url();
      const found = Object.entries(pages).find(([q]) => url.includes(q))?.[1] ?? [[]];
      const at = url.includes("cursor=next") ? 1 : 0;
      return route.fulfill({ contentType: "application/json",
        body: JSON.stringify({ items: found[at] ?? [], next_cursor: at === 0 && found[1] ? "next" : null }) });
    });
    await page.goto("/inbox");
    await page.getByRole("link", { name: "Needs me 330" }).waitFor();
    await until(async () => (await page.locator(".row").count()) === 330, "every row");
    await page.getByRole("link", { name: "Done", exact: true }).click();
    await until(async () => (await page.locator(".row").count()) === 50, "the first page");
    await page.getByRole("button", { name: "More", exact: true }).click();
    await until(async () => (await page.locator(".row").count()) === 57, "the second page");
    await page.context().close();
  });

  it("follow each other in two tabs", async () => {
    const page = await as("olive@example.org");
    await page.goto("/inbox");
    const second = await page.context().newPage();
    await second.goto(`${site.url}/jobs/${job}`);
    await second.getByRole("button", { name: "Request changes…" }).click();
    await second.getByRole("dialog").getByLabel("Reason").fill("Say more.");
    await second.getByRole("button", { name: /Send back version/ }).click();
    await until(async () => (await stateOf(owner, job)) === "changes_requested", "the decision", 15_000);
    await page.getByText("Nothing needs you").waitFor();
    await page.bringToFront();
    await page.getByRole("link", { name: /Waiting on others/ }).click();
    await page.getByText("Changes requested").waitFor();
    await page.context().close();
  });

  it("speak German where the server spoke English", async () => {
    const page = await open(browser, site.url, { locale: "de-DE" });
    await page.goto("/login");
    await page.fill("input[name=email]", "olive@example.org");
    await page.fill("input[name=password]", "not the password at all");
    await page.click("button[type=submit]");
    await page.getByText("E-Mail-Adresse oder Passwort stimmt nicht").waitFor();
    await page.fill("input[name=password]", "correct horse battery staple");
    await page.click("button[type=submit]");
    await page.waitForSelector(".nav");
    await page.goto("/datasets/admissions?tab=policy");
    await page.getByText(/^Ein Auftrag braucht 1 Zustimmung/).waitFor();
    await page.goto(`/jobs/${job}?tab=checks`);
    await page.getByRole("cell", { name: "er lief bis zum Ende" }).waitFor();
    const english = await page.locator("main [lang=en]").allTextContents();
    assert.deepEqual(english, [], "nothing is left in English");
    await page.context().close();
  });
});
