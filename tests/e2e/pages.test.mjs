// pages.test.mjs -- every page as each role: readable in light and dark, at 400 %, by
// axe, in both languages, with no breach of the content security policy.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { api, axe, furnish, launch, missing, open, overflow, propose, serve, signIn, stateOf, until } from "./stage.mjs";

const why = missing();
const AT_ONCE = 2;
const PAGES_A_TURN = 9;

describe("pages", { skip: why ?? false }, () => {
  let site, browser, job, released, project;
  const paths = () => ({
    "olive@example.org": ["/inbox", "/inbox?show=all", `/jobs/${job}`, `/jobs/${job}?tab=changes`,
      `/jobs/${job}?tab=mock`, `/jobs/${job}?tab=checks`, `/jobs/${job}?tab=talk`, "/datasets",
      "/datasets/admissions", "/datasets/admissions?tab=columns", "/datasets/admissions?tab=mock",
      "/datasets/admissions?tab=policy", "/datasets/admissions/policies",
      "/datasets/admissions?tab=templates", "/datasets/admissions?tab=data", "/datasets/admissions?tab=access",
      "/datasets/admissions?tab=jobs", "/datasets/new", "/budgets", "/budgets/admissions",
      "/budgets/admissions?tab=ledger", "/notifications", "/tokens", "/settings", "/transparency",
      "/jobs/no/such/page"],
    "ada@example.org": ["/people", "/audit", "/budgets", "/budgets?tab=populations", "/budgets/admissions?tab=changes"],
    "rae@example.org": ["/", "/jobs", "/jobs/new", `/jobs/${job}/edit`, `/jobs/${released}`,
      `/jobs/${released}/result`, "/projects", `/projects/${project}`, "/datasets", "/datasets/admissions?tab=mock", "/inbox"],
    "aud@example.org": ["/audit", "/budgets", "/settings"],
  });

  /** The same in turns of which some go on at once. */
  const turns = () => Object.entries(paths()).flatMap(([email, list]) =>
    Array.from({ length: Math.ceil(list.length / PAGES_A_TURN) }, (_, i) =>
      [email, list.slice(i * PAGES_A_TURN, (i + 1) * PAGES_A_TURN)]));

  before(async () => {
    site = await serve();
    await site.addUser("olive@example.org", "Olive Owner", "owner");
    await site.addUser("ada@example.org", "Ada Admin", "admin");
    await site.addUser("rae@example.org", "Rae Researcher", "researcher");
    await site.addUser("aud@example.org", "Audrey Auditor", "auditor");
    const owner = await api(site.url, "olive@example.org");
    const rae = await api(site.url, "rae@example.org");
    await furnish(owner, rae.me.id);
    released = (await propose(rae)).id;
    await until(async () => (await stateOf(owner, released)) === "in_review", "the checks");
    const seen = await owner("GET", `/jobs/${released}`);
    await owner("POST", `/jobs/${released}/reviews`, { version: 1, source_sha256: seen.body.source_sha256,
      decision: "approve", comment: "", checklist: {} }, { "If-Match": seen.etag });
    await until(async () => (await stateOf(owner, released)) === "released", "the run");
    const second = await propose(rae, { title: "Second look",
      source: "local v = site.open \"admissions\"\nreturn { n = v:count{ epsilon = 0.1 }:release() }\n" });
    job = second.id;
    project = (await rae("GET", `/jobs/${job}`)).body.project;
    await rae("POST", `/jobs/${job}/comments`, { version: 1, line: 2, text: "Why so dear?" });
    await until(async () => (await stateOf(owner, job)) === "in_review", "the checks");
    browser = await launch();
  });
  after(async () => {
    await browser?.close();
    await site?.stop();
  });

  const looks = {
    "light, then dark": { colorScheme: "light" },
    // A window of 1280 x 1024 at 400 %: also the narrowest that there is.
    zoomed: { viewport: { width: 320, height: 256 } },
    deutsch: { locale: "de-DE" },
  };
  for (const [look, options] of Object.entries(looks)) {
    it(`are sound: ${look}`, { concurrency: AT_ONCE }, async (t) => {
      await Promise.all(turns().map(([email, list]) => t.test(`${email} ${list[0]}…`, async (t) => {
        const page = await open(browser, site.url, options);
        await signIn(page, email);
        for (const path of list) {
          await page.goto(path);
          await page.locator("h1").first().waitFor();
          await until(async () => (await page.locator(".bone").count()) === 0, `${path} to load`);
          await t.test(`${email} ${path}`, async () => {
            assert.deepEqual(page.breaches, []);
            assert.ok((await overflow(page)) <= 0, "nothing is wider than the window");
            if (options.colorScheme) {
              assert.deepEqual(await axe(page), []);
              // Nothing but colours differs in the dark.
              await page.emulateMedia({ colorScheme: "dark" });
              assert.deepEqual(await axe(page, ["color-contrast"]), []);
              await page.emulateMedia({ colorScheme: "light" });
            }
            if (look === "deutsch") assert.equal(await page.locator("html").getAttribute("lang"), "de");
          });
        }
        await page.context().close();
      })));
    });
  }

  it("are reached by the keyboard alone: sign in, open a job, open the decision", async () => {
    const page = await open(browser, site.url);
    await page.goto("/login");
    await page.locator("input[name=email]:focus").waitFor();
    await page.keyboard.type("olive@example.org");
    await page.keyboard.press("Tab");
    await page.keyboard.type("correct horse battery staple");
    await page.keyboard.press("Enter");
    await page.getByRole("link", { name: /Second look/ }).focus();
    await page.keyboard.press("Enter");
    const approve = page.getByRole("button", { name: "Approve…" });
    await approve.focus();
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor();
    await page.keyboard.press("Escape");
    await until(async () => (await page.getByRole("dialog").count()) === 0, "the dialog to close");
    assert.ok(await approve.evaluate((b) => document.activeElement === b), "focus comes back");
    await page.context().close();
  });

  it("let anybody read what was released, where the site says so", async () => {
    const page = await open(browser, site.url);
    await page.goto("/transparency");
    await page.getByRole("heading", { name: "Transparency" }).waitFor();
    await page.locator(".table").waitFor();
    assert.deepEqual(await axe(page), []);
    await page.getByRole("link", { name: "Sign in" }).click();
    await page.locator("input[name=email]").waitFor();
    await page.context().close();
  });

  it("say no to other roles without asking the server for what they may not see", async () => {
    const page = await open(browser, site.url);
    await signIn(page, "rae@example.org");
    for (const path of ["/inbox", "/people", "/audit", "/budgets", "/datasets/new", `/jobs/${released}/release`]) {
      await page.goto(path);
      await page.getByRole("heading", { name: "Not for your role" }).waitFor();
    }
    assert.deepEqual(await page.locator(".nav a").allTextContents(),
      ["Home", "Jobs", "Projects", "Datasets", "Notifications", "Tokens", "Settings"]);
    await page.context().close();
  });
});
