// What became of a damaged file, and whether the audit is as it was written: no more than is known, and what to do first.

import { act } from "@testing-library/preact";
import { beforeEach, expect, test, vi } from "vitest";
import { FaultError } from "../src/bridge";
import { AUDIT, type FakeDesk, fakeDesk, fault, NOW, PERSON, RECOVERY, SHELL, snapshotOf } from "../src/bridge/fake";
import { SCENES } from "../src/bridge/scenes";
import type { Place } from "../src/frame/places";
import { main, show, text } from "./show";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: new Date(NOW) });
});

test("what a damaged file cost is told before anything else, in numbers that are no more than is known", async () => {
  const desk = fakeDesk({
    snapshot: snapshotOf({ session: { state: "signed_out", why: null } }),
    recovery: { ...RECOVERY, lost_is_all: false },
  });
  const user = await show(desk, { at: "find" });
  await vi.waitFor(() => expect(main()?.dataset.page).toBe("recovered"));
  expect(document.querySelector("h1")?.textContent).toBe("RA Desk found that its file was damaged on 23 November 2026");
  expect(text("recovered")).toContain("here again as recorded: 48 registrations and 1 draft.");
  expect(text("lost")).toBe("At least 2 registrations could not be read. There may be more: we do not know how many.");
  expect(main()?.textContent).toContain(RECOVERY.set_aside);
  desk.change({ recovery: null }, "close_asked");
  await user.click(document.getElementById("primary") as HTMLElement);
  await vi.waitFor(() => expect(main()?.dataset.page).toBe("sign-in"));
  expect(desk.log.filter(([name]) => name === "acknowledgeRecovery")).toHaveLength(1);
});

test("what nobody in particular was told is not taken for what an RA user is told", async () => {
  const signedOut = snapshotOf({ session: { state: "signed_out", why: null } });
  let told: typeof RECOVERY | null = null;
  const desk = fakeDesk({
    snapshot: signedOut,
    recovery: () => new Promise((answer) => setTimeout(() => answer(told), 50)),
  });
  await show(desk, { at: "find" });
  await vi.waitFor(() => expect(main()?.dataset.page).toBe("sign-in"));
  const seen = new Set<string | undefined>();
  const watch = new MutationObserver(() => seen.add(main()?.dataset.page));
  watch.observe(document.body, { childList: true, subtree: true });
  told = RECOVERY;
  await act(async () => desk.change({ snapshot: snapshotOf({}) }, "session"));
  await vi.waitFor(() => expect(main()?.dataset.page).toBe("recovered"));
  watch.disconnect();
  expect([...seen].filter(Boolean)).toEqual(["recovered"]);
});

test("each RA user is told after they sign in, before any other page, and the numbers stay where they are found again", async () => {
  const desk = fakeDesk({ recovery: () => new Promise((told) => setTimeout(() => told(RECOVERY), 50)) });
  const seen = new Set<string | undefined>();
  const watch = new MutationObserver(() => seen.add(main()?.dataset.page));
  watch.observe(document.body, { childList: true, subtree: true });
  const user = await show(desk, { at: "this-computer" });
  await vi.waitFor(() => expect(main()?.dataset.page).toBe("recovered"));
  watch.disconnect();
  expect([...seen].filter(Boolean)).toEqual(["recovered"]);
  expect(main()?.textContent).toContain("Each RA user of this computer is shown this once");
  // Nothing beside it leads to a page that it would cover.
  for (const id of ["nav-find", "nav-outbox", "change-role"]) expect(document.getElementById(id), id).toBeNull();
  await user.click(document.getElementById("help") as HTMLElement);
  await vi.waitFor(() => expect(main()?.dataset.page).toBe("help"));
  await user.click(document.querySelector(".nhsuk-back-link") as HTMLElement);
  await vi.waitFor(() => expect(main()?.dataset.page).toBe("recovered"));
  expect(main()?.textContent).toContain(
    "until 30 days after each RA user who is known to have recorded something on this computer has signed in and read this, or 90 days after the first of them has:",
  );
  const [first, second] = ["2026-09-02T08:00:00Z", RECOVERY.found_at];
  const recoveries = [
    { ...RECOVERY, found_at: first, deleted_at: "2026-10-05T08:10:00Z" },
    { ...RECOVERY, found_at: second, kept_until: "2026-12-23T14:30:00Z", waits_for_readers: false },
  ];
  desk.change({ recovery: null, recoveries }, "shell");
  await user.click(document.getElementById("primary") as HTMLElement);
  await vi.waitFor(() => expect(text("recoveries")).not.toBeNull());
  const [gone, kept] = [...document.querySelectorAll("#recoveries h3")].map((of) => of.parentElement?.textContent);
  expect(gone).toContain("damaged on 2 September 2026");
  expect(gone).toContain("was deleted on 5 October 2026");
  expect(gone).not.toMatch(/kept|Do not delete/);
  expect(kept).toContain("48 registrations and 1 draft. 2 registrations could not be read.");
  expect(kept).toContain(
    "Do not delete this folder. The damaged file is kept in it, as it was, until 23 December 2026:",
  );
  expect(kept).toContain(RECOVERY.set_aside);
});

test.each([
  [{ lost: 0, lost_is_all: true }, "No registration was lost."],
  [{ lost: 2, lost_is_all: true }, "2 registrations could not be read."],
  [{ lost: 0, lost_is_all: false }, "We do not know whether registrations were lost. Some may be missing."],
  [
    { lost: 0, lost_is_all: false, recovered: 0 },
    "No registration could be read. We do not know how many registrations there were, or whether all of them had been sent.",
  ],
  [
    { lost: 0, lost_is_all: false, recovered: 0, drafts: 0 },
    "Nothing could be read. We do not know how many registrations there were, or whether all of them had been sent.",
  ],
])("of what is lost no more is said than is known: %o", async (part, said) => {
  await show(fakeDesk({ recovery: { ...RECOVERY, ...part } }), { at: "find" });
  await vi.waitFor(() => expect(text("lost")).toBe(said));
});

test.each([
  [{}, "48 registrations and 1 draft.", "3 registrations may not have been sent. They are in the outbox of"],
  [{ to_send: 1 }, "48 registrations", "1 registration may not have been sent. It is in the outbox of"],
  [{ to_send: 0 }, "48 registrations", "None of those recovered waits to be sent."],
  [{ recovered: 0, to_send: 0 }, "recorded: 1 draft.", null],
  [{ recovered: 0, to_send: 0, drafts: 0 }, null, null],
])("what is here again is told where something is: %o", async (part, here, toSend) => {
  await show(fakeDesk({ recovery: { ...RECOVERY, ...part } }), { at: "find" });
  await vi.waitFor(() => expect(main()?.dataset.page).toBe("recovered"));
  if (here) expect(text("recovered")).toContain(here);
  else expect(text("recovered")).toBeNull();
  if (toSend) expect(text("to-send")).toContain(toSend);
  else expect(text("to-send")).toBeNull();
  expect(main()?.textContent).toContain("Drafts may be missing.");
});

test("while somebody has not read it, the damaged file is not said to go on a day that is not known", async () => {
  await show(fakeDesk({ recovery: { ...RECOVERY, kept_until: "2027-02-21T14:30:00Z" } }), { at: "find" });
  await vi.waitFor(() => expect(main()?.dataset.page).toBe("recovered"));
  expect(main()?.textContent).toContain(
    "until 30 days after each RA user who is known to have recorded something on this computer has signed in and read this, or 21 February 2027 where one of them does not:",
  );
});

test("where nobody is known to have recorded anything, nobody is said to be waited for", async () => {
  await show(fakeDesk({ recovery: { ...RECOVERY, waits_for_readers: false } }), { at: "find" });
  await vi.waitFor(() => expect(main()?.dataset.page).toBe("recovered"));
  expect(main()?.textContent).toContain("as it was, until 30 days after an RA user has signed in and read this:");
});

test("a file that is gone is not called damaged, and no folder is named that is not there", async () => {
  const gone = { ...RECOVERY, set_aside: null, recovered: 0, to_send: 0, drafts: 0, lost: 0, lost_is_all: false };
  await show(fakeDesk({ recovery: gone }), { at: "find" });
  await vi.waitFor(() => expect(main()?.textContent).toContain("its file was gone on"));
  expect(text("lost")).toContain("are not here. We do not know how many");
  expect(main()?.textContent).not.toMatch(/damaged|folder|could be read/);
});

test("who read it can go on though that could not be noted, and nobody is told to use paper", async () => {
  const failed = new FaultError(fault("STORE_FAILED"));
  const signedOut = snapshotOf({ session: { state: "signed_out", why: null } });
  const desk = fakeDesk({ snapshot: signedOut, recovery: RECOVERY, acknowledgeRecovery: failed });
  const user = await show(desk, { at: "find" });
  await vi.waitFor(() => expect(main()?.dataset.page).toBe("recovered"));
  expect(document.getElementById("go-on")).toBeNull();
  await user.click(document.getElementById("primary") as HTMLElement);
  await vi.waitFor(() => expect(text("error-summary")).toContain("You can go on; it will show this again."));
  expect(text("error-summary")).not.toMatch(/paper/);
  await user.click(document.getElementById("go-on") as HTMLElement);
  await vi.waitFor(() => expect(main()?.dataset.page).toBe("sign-in"));
});

test("a copy of the audit is told with its path once it is whole; where there is none, that nothing else was changed", async () => {
  const desk = fakeDesk({ saveAudit: new FaultError(fault("DISK_FULL")) });
  const user = await show(desk, { at: "audit" });
  const save = () => user.click(document.getElementById("save") as HTMLElement);
  await save();
  await vi.waitFor(() => expect(text("error-summary")).toContain("No copy was saved"));
  expect(text("error-summary")).toContain("or its disk is full. Nothing else was changed.");
  expect(text("error-summary")).not.toMatch(/paper/);
  const path = "C:\\Users\\priya\\Documents\\a.csv";
  desk.change({ saveAudit: { path, rows: 3, last_at: "2026-11-23T14:29:58Z" } }, "shell");
  await save();
  await vi.waitFor(() => expect(main()?.textContent).toContain("3 rows saved, the last one from today at 2:29pm."));
  expect(main()?.textContent).toContain(path);
  expect(text("error-summary")).toBeNull();
  desk.change({ shell: { ...SHELL, kiosk: true } }, "shell");
  await vi.waitFor(() => expect(document.getElementById("save")).toBeNull());
});

test.each([
  [{ first_bad: 4_212, why: "older_copy" as const }, "may be missing here"],
  [{ differs: true }, "may be missing here"],
  [{ first_bad: 13, why: "changed" as const }, "This does not change what is registered."],
  [{ signs: false }, "This does not change what is registered."],
])("of an audit that is not whole it is said what that may have cost: %o", async (part, said) => {
  await show(fakeDesk({ checkAudit: { ...AUDIT, ...part } }), { at: "audit" });
  await vi.waitFor(() => expect(text("keep")).toContain(said));
  expect(text("keep")).toContain("do not delete RA Desk’s folder");
  expect(main()?.textContent).not.toMatch(/nothing that you recorded is lost/i);
});

test("of a broken audit the result comes first, with its first bad row and what to do", async () => {
  await show(fakeDesk({ checkAudit: { ...AUDIT, first_bad: 4_212, why: "changed" } }), { at: "audit" });
  await vi.waitFor(() => expect(text("result")).toContain("The audit is not as it was written"));
  expect(document.querySelector("main h1")?.nextElementSibling?.querySelector("#first-bad")?.textContent).toBe(
    "The first bad row is 4,212. It was changed.",
  );
  expect(document.querySelector("#result #keep")?.textContent).toContain("Tell your IT service desk");
});

test("who may not begin a new audit is told who can", async () => {
  const person = { ...PERSON, may_register: false };
  await show(fakeDesk({ snapshot: snapshotOf({}, { person }), checkAudit: { ...AUDIT, signs: false } }), {
    at: "audit",
  });
  await vi.waitFor(() => expect(main()?.textContent).toContain("An RA manager or RA agent can begin a new audit here"));
  expect(document.getElementById("begin")).toBeNull();
});

test("a new audit that was refused is said not to be begun", async () => {
  const scene = SCENES["audit-not-begun"];
  const user = await show(scene?.desk() as FakeDesk, scene?.start as Place);
  await user.click(document.getElementById("begin") as HTMLElement);
  await vi.waitFor(() => expect(text("error-summary")).toContain("The new audit was not begun"));
  expect(text("error-summary")).toContain("Nothing was changed.");
});

test("a key that is not known is told, and is no reason for a new audit", async () => {
  await show(fakeDesk({ checkAudit: { ...AUDIT, key_known: false } }), { at: "audit" });
  await vi.waitFor(() => expect(main()?.textContent).toContain("does not know the key that confirms it"));
  expect(document.getElementById("begin")).toBeNull();
});
