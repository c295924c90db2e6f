// What pages do over time: nothing typed is lost, nothing is done twice, and what is live stays live.

import { act, render, screen } from "@testing-library/preact";
import { beforeEach, expect, test, vi } from "vitest";
import { FaultError } from "../src/bridge";
import {
  COMPLETE_DRAFT,
  COUNTS,
  DRAFT,
  type FakeDesk,
  fakeDesk,
  fault,
  NOW,
  PERSON,
  PROFILE,
  REGISTRATION,
  SUBMISSION,
  snapshotOf,
} from "../src/bridge/fake";
import { Boundary } from "../src/frame/boundary";
import type { Place } from "../src/frame/places";
import { main, show } from "./show";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: new Date(NOW) });
});

const refused = (code: Parameters<typeof fault>[0], part = {}) => new FaultError(fault(code, part));
const calls = (desk: FakeDesk, name: string) => desk.log.filter(([called]) => called === name);

async function page(name: string) {
  await vi.waitFor(() => expect(main()?.dataset.page).toBe(name));
  await act(async () => {});
}

async function begin(desk: FakeDesk, start?: Place) {
  const user = await show(desk, start);
  const press = async (id: string) => {
    const found = document.getElementById(id);
    expect(found, id).not.toBeNull();
    await user.click(found as HTMLElement);
  };
  const type = async (id: string, text: string) => {
    const field = document.getElementById(id) as HTMLInputElement;
    await user.clear(field);
    if (text) await user.type(field, text);
  };
  const value = (id: string) => (document.getElementById(id) as HTMLInputElement | null)?.value;
  return { user, press, type, value };
}

test("the whole registration, and no trace of it in the URL", async () => {
  const before = location.href;
  const desk = fakeDesk({
    find: { found: "people", people: [{ ...PROFILE, authenticators: [], matched_by: "exact" }] },
    setDraftAddress: (_id, form) => Promise.resolve({ ...DRAFT, address: form.address }),
    draft: COMPLETE_DRAFT,
    submission: { ...SUBMISSION, status: "waiting_for_them", registration: REGISTRATION },
    record: { ...SUBMISSION, status: "waiting_for_them", registration: REGISTRATION },
  });
  const { press, type } = await begin(desk);
  expect(document.activeElement?.id).toBe("uuid");
  await type("uuid", "5550 8668 9106");
  await press("primary");
  await page("profile");
  expect(document.activeElement?.tagName).toBe("H1");
  await press("primary");
  await page("address");
  await press("primary");
  await page("identity");
  await press("method-in_person");
  await press("document-passport");
  await press("accepted_by-user");
  await press("primary");
  await page("check");
  expect(document.getElementById("primary")?.textContent).toBe("Confirm and send");
  await press("primary");
  await page("submission");
  expect(main()?.dataset.status).toBe("waiting_for_them");
  expect(calls(desk, "find")[0]?.[1]).toMatchObject({ by: "uuid", uuid: "5550 8668 9106" });
  expect(calls(desk, "record")).toEqual([["record", DRAFT.id]]);
  expect(location.href).toBe(before);
  expect(history.length).toBeLessThan(3);
});

test("what was typed is kept on an error, and a second failure moves focus to the summary again", async () => {
  const desk = fakeDesk({
    find: refused("INVALID", { fields: [{ field: "uuid", code: "uuid_too_short", message: "Twelve digits." }] }),
  });
  const { press, type, value } = await begin(desk);
  await type("uuid", "5550");
  await press("primary");
  await vi.waitFor(() => expect(document.activeElement?.id).toBe("error-summary"));
  expect(value("uuid")).toBe("5550");
  expect(document.title).toBe("Error: Find a person – RA Desk");
  document.getElementById("uuid")?.focus();
  await press("primary");
  await vi.waitFor(() => expect(document.activeElement?.id).toBe("error-summary"));
});

test("going back keeps the search; a new search is empty", async () => {
  const desk = fakeDesk();
  const { press, type, value } = await begin(desk);
  await press("by-details");
  await type("family", "O’Con*");
  await press("primary");
  await page("results");
  await press("back");
  await page("find");
  expect(value("family")).toBe("O’Con*");
  await press("nav-find");
  await page("find");
  expect(document.getElementById("family")).toBeNull();
  expect(value("uuid")).toBe("");
});

test("pointing at a way to find leads to its field; the arrow keys stay among the ways", async () => {
  const { user, press } = await begin(fakeDesk());
  expect(document.activeElement?.id).toBe("uuid");
  await press("by-details");
  expect(document.activeElement?.id).toBe("family");
  document.getElementById("by-details")?.focus();
  await user.keyboard("{ArrowUp}");
  expect(document.getElementById("nino")).not.toBeNull();
  await user.keyboard("{ArrowUp}{ArrowUp}");
  expect(document.activeElement?.id).toBe("by-uuid");
  await user.tab();
  expect(document.activeElement?.id).toBe("uuid");
});

test("a link that has run out is nowhere said to work", async () => {
  const registration = { ...REGISTRATION, wrong_account: 5, attempts_left: 0 };
  const desk = fakeDesk({ submission: { ...SUBMISSION, status: "link_expired", registration } });
  await begin(desk, { at: "submission", key: SUBMISSION.key });
  await page("submission");
  const told = document.getElementById("wrong-account")?.textContent;
  expect(told).toContain("5 times");
  expect(told).not.toMatch(/works|left/);
});

test("a search that fails for the network is kept and can be tried again", async () => {
  const desk = fakeDesk({ find: refused("OFFLINE") });
  const { press, type, value } = await begin(desk);
  await type("uuid", "555086689106");
  await press("primary");
  await page("offline");
  desk.change({ find: { found: "nobody" } });
  await press("primary");
  await page("none-found");
  await press("primary");
  await page("find");
  expect(value("uuid")).toBe("555086689106");
});

test("a form keeps what was typed when the desk goes offline or cannot save", async () => {
  const desk = fakeDesk({ setDraftAddress: refused("STORE_FAILED") });
  const { press, type, value } = await begin(desk, { at: "address", draft: DRAFT.id });
  await type("address", "new.name@nhs.net");
  await press("primary");
  await vi.waitFor(() => expect(document.getElementById("error-summary")?.textContent).toMatch(/could not save/));
  await act(async () =>
    desk.change({ snapshot: snapshotOf({ network: { state: "offline", why: "timed_out" } }) }, "network"),
  );
  await vi.waitFor(() => expect(document.getElementById("offline")?.textContent).toBe("Offline"));
  expect(value("address")).toBe("new.name@nhs.net");
});

test("an address that is unlike the name asks for a reason before it goes on", async () => {
  const desk = fakeDesk({
    setDraftAddress: async (_id, form) => {
      if (form.reason) return { ...DRAFT, address: form.address, address_reason: form.reason };
      throw refused("INVALID", { fields: [{ field: "reason", code: "reason_missing", message: "Enter a reason." }] });
    },
  });
  const { press, type, value } = await begin(desk, { at: "address", draft: DRAFT.id });
  expect(document.getElementById("reason")).toBeNull();
  await type("address", "someone.else@nhs.net");
  await press("primary");
  await vi.waitFor(() => expect(document.getElementById("reason")).not.toBeNull(), { timeout: 10_000 });
  expect(main()?.dataset.page).toBe("address");
  await vi.waitFor(() => expect(document.activeElement?.id).toBe("error-summary"));
  expect(document.activeElement?.textContent).toContain("Say why you are using this address.");
  expect(value("address")).toBe("someone.else@nhs.net");
  await type("reason", "Married name, mailbox not renamed yet");
  await press("primary");
  await page("identity");
});

test("what is missing when it is recorded leads to where it is changed", async () => {
  const fields = [{ field: "reason", code: "reason_missing", message: "Enter a reason." }];
  const desk = fakeDesk({ draft: COMPLETE_DRAFT, record: refused("INVALID", { fields }) });
  const { user, press } = await begin(desk, { at: "check", draft: DRAFT.id });
  await press("primary");
  await user.click(await screen.findByRole("link", { name: "Enter a reason." }));
  expect(document.activeElement?.id).toBe("change-address");
  await press("change-address");
  await page("address");
  await press("primary");
  await page("check");
});

test("pressing twice records once", async () => {
  let finish = (_: typeof SUBMISSION) => {};
  const desk = fakeDesk({
    draft: COMPLETE_DRAFT,
    record: () =>
      new Promise((done) => {
        finish = done;
      }),
  });
  const { press } = await begin(desk, { at: "check", draft: DRAFT.id });
  act(() => {
    document.getElementById("primary")?.click();
    document.getElementById("primary")?.click();
  });
  await press("primary");
  expect(document.getElementById("primary")?.getAttribute("aria-disabled")).toBe("true");
  await act(async () => finish(SUBMISSION));
  await page("submission");
  expect(calls(desk, "record")).toHaveLength(1);
});

test("offline it is recorded, in words that promise no more", async () => {
  const desk = fakeDesk({
    draft: COMPLETE_DRAFT,
    snapshot: snapshotOf({ network: { state: "offline", why: "no_connection" } }),
  });
  const { press } = await begin(desk, { at: "check", draft: DRAFT.id });
  expect(document.getElementById("primary")?.textContent).toBe("Confirm and save on this computer");
  await press("primary");
  await page("submission");
  expect(screen.getByRole("heading", { level: 1 }).textContent).toBe("Recorded on this computer");
  expect(main()?.textContent).toContain(
    "Siobhán O’Connor-Smythe cannot sign in with NHS.net Connect until this has been sent and they have finished linking.",
  );
  expect(document.querySelector(".nhsuk-panel:not(.ra-panel--neutral)")).toBeNull();
  expect(main()?.textContent).not.toMatch(/registered|linked\b/i);
});

test("the page of a submission follows it live, and stops when it is left", async () => {
  const waiting = { ...SUBMISSION, status: "waiting_for_them" as const, registration: REGISTRATION };
  const desk = fakeDesk({ submission: waiting });
  const { press } = await begin(desk, { at: "submission", key: SUBMISSION.key });
  expect(calls(desk, "watchRegistration")).toEqual([["watchRegistration", SUBMISSION.key]]);
  const opened = { ...REGISTRATION, opened_at: "2026-11-23T14:29:00Z" };
  await act(async () => desk.change({ submission: { ...waiting, registration: opened } }, "outbox"));
  await vi.waitFor(() => expect(document.getElementById("step-opened")?.textContent).toContain("today at 2:29pm"));
  expect(document.getElementById("step-linked")?.textContent).toContain("Not yet");
  const linked = { ...opened, signed_in_at: NOW, linked_at: NOW };
  await act(async () => desk.change({ submission: { ...waiting, status: "linked", registration: linked } }, "outbox"));
  await vi.waitFor(() => expect(main()?.dataset.status).toBe("linked"));
  expect(document.getElementById("announcer")?.textContent).toBe("NHS.net Connect is linked");
  await press("primary");
  await page("find");
  expect(calls(desk, "watchRegistration").at(-1)).toEqual(["watchRegistration", null]);
});

test("the QR is a picture, and the link is never text on the page", async () => {
  const desk = fakeDesk({ submission: { ...SUBMISSION, status: "waiting_for_them", registration: REGISTRATION } });
  const { press } = await begin(desk, { at: "submission", key: SUBMISSION.key });
  const code = await vi.waitFor(() => {
    const found = document.getElementById("link-qr");
    expect(found).not.toBeNull();
    return found as HTMLImageElement;
  });
  expect(code.src).toMatch(/^data:image\/svg\+xml/);
  await press("copy-link");
  await vi.waitFor(() => expect(document.getElementById("announcer")?.textContent).toMatch(/copied/));
  expect(main()?.textContent).not.toMatch(/https?:/);
});

test("a draft can be discarded and brought back", async () => {
  const counts = { ...snapshotOf().outbox, drafts: 1 };
  const desk = fakeDesk({ outbox: { counts, drafts: [DRAFT], submissions: [], total: 1, waits: [] } });
  const { press } = await begin(desk, { at: "outbox", tab: "drafts" });
  await vi.waitFor(() => expect(document.getElementById(`discard-${DRAFT.id}`)).not.toBeNull());
  await press(`discard-${DRAFT.id}`);
  await vi.waitFor(() => expect(document.getElementById("undo")).not.toBeNull());
  expect(document.activeElement?.id).toBe("undo");
  await press("undo");
  await vi.waitFor(() => expect(calls(desk, "restoreDraft")).toEqual([["restoreDraft", DRAFT.id]]));
  await vi.waitFor(() => expect(document.activeElement?.tagName).toBe("H1"));
});

test("tabs are moved through with the arrow keys", async () => {
  const desk = fakeDesk();
  const { user } = await begin(desk, { at: "outbox", tab: "ready" });
  document.getElementById("tab-ready")?.focus();
  await user.keyboard("{ArrowRight}");
  expect(document.activeElement?.id).toBe("tab-waiting");
  await user.keyboard("{Home}");
  expect(document.activeElement?.id).toBe("tab-drafts");
  await user.keyboard("{ArrowLeft}");
  expect(document.activeElement?.id).toBe("tab-done");
  expect(calls(desk, "outbox").at(-1)).toEqual(["outbox", "done"]);
  // Up and down scroll the page, but where the tabs stand below one another.
  await user.keyboard("{ArrowUp}");
  expect(document.activeElement?.id).toBe("tab-done");
  const list = document.querySelector<HTMLElement>("[role=tablist]");
  if (list) list.style.flexDirection = "column";
  await user.keyboard("{ArrowUp}");
  expect(document.activeElement?.id).toBe("tab-attention");
  await user.keyboard("{ArrowDown}");
  expect(document.activeElement?.id).toBe("tab-done");
});

test("what was recorded in an earlier session is asked about right after signing in", async () => {
  const working = snapshotOf({}, { to_confirm: 1 });
  const done = snapshotOf();
  const now = (snapshot: typeof done) => async () => {
    desk.change({ snapshot });
    return snapshot;
  };
  const desk: FakeDesk = fakeDesk({
    snapshot: snapshotOf({ session: { state: "confirming", person: PERSON } }),
    confirmIdentity: now(working),
    confirmRecorded: now(done),
    toConfirm: [{ ...SUBMISSION, needs_confirmation: true }],
  });
  const { press } = await begin(desk);
  await page("confirm-identity");
  await press("primary");
  await page("confirm-recorded");
  expect(main()?.textContent).toContain(SUBMISSION.name);
  await press("later");
  await page("find");
  await press("to-confirm");
  await page("confirm-recorded");
  await press("primary");
  await page("outbox");
  expect(calls(desk, "confirmRecorded")).toHaveLength(1);
});

test("a session that ends shows how, and the next person sees nothing of it", async () => {
  const desk = fakeDesk();
  await begin(desk, { at: "profile", uuid: PROFILE.uuid });
  await page("profile");
  await act(async () => desk.change({ snapshot: snapshotOf({ session: { state: "signed_out", why: "idle" } }) }));
  await page("sign-in");
  expect(screen.getByRole("heading", { level: 1 }).textContent).toMatch(/nothing happened/);
  const asked = calls(desk, "profile").length;
  desk.change({ profile: "never" }, "outbox");
  await act(async () => desk.change({ snapshot: snapshotOf() }));
  await page("loading");
  expect(calls(desk, "profile").length).toBe(asked + 1);
  expect(document.body.textContent).not.toContain(PROFILE.short_name);
});

test.each([
  [null, 1, "1 registration recorded on this computer has not been sent."],
  [null, 1200, "1,200 registrations recorded on this computer have not been sent."],
  ["signed_out", 2, "2 registrations recorded on this computer have not been sent."],
  ["idle", 1, "1 registration recorded on this computer has not been sent."],
] as const)(
  "while nobody is signed in (%s) the page says that %i wait, before the button",
  async (why, count, words) => {
    const outbox = { ...COUNTS, other_people: count };
    const desk = fakeDesk({ snapshot: snapshotOf({ session: { state: "signed_out", why }, outbox }) });
    await begin(desk);
    const said = document.getElementById("unsent") as HTMLElement;
    expect(said.textContent).toContain(words);
    expect(said.textContent).toMatch(/signs in again and confirms it\.$/);
    const primary = document.getElementById("primary") as HTMLElement;
    expect(said.compareDocumentPosition(primary)).toBe(Node.DOCUMENT_POSITION_FOLLOWING);
    await act(async () => desk.change({ snapshot: snapshotOf({ session: { state: "signed_out", why } }) }));
    await vi.waitFor(() => expect(document.getElementById("unsent")).toBeNull());
  },
);

test("a command that says the session is gone makes the frame look", async () => {
  const desk = fakeDesk({ find: refused("SESSION_ENDED") });
  const { press } = await begin(desk);
  desk.change({ snapshot: snapshotOf({ session: { state: "signed_out", why: "ended_elsewhere" } }) }, "outbox");
  await press("primary");
  await page("sign-in");
});

test("a role that cannot be changed to says so, and the session goes on", async () => {
  const desk = fakeDesk({ changeRole: refused("SIGN_IN_DENIED") });
  const { press } = await begin(desk, { at: "choose-role" });
  await press("role-555254240101");
  await vi.waitFor(() => expect(document.getElementById("error-summary")?.textContent).toMatch(/refused/));
  expect(calls(desk, "changeRole")).toEqual([["changeRole", "555254240101"]]);
});

test("the RA user’s own input is told at most every 15 seconds", async () => {
  const desk = fakeDesk();
  const { user, type } = await begin(desk);
  await type("uuid", "5550");
  expect(calls(desk, "touch")).toHaveLength(1);
  vi.setSystemTime(Date.parse(NOW) + 14_000);
  await user.keyboard("1");
  expect(calls(desk, "touch")).toHaveLength(1);
  vi.setSystemTime(Date.parse(NOW) + 15_500);
  await user.keyboard("2");
  expect(calls(desk, "touch")).toHaveLength(2);
});

test("the idle warning counts only its own button, and staying closes it", async () => {
  const soon = snapshotOf({}, { idle_warning_at: "2026-11-23T14:29:00Z", idle_at: "2026-11-23T14:31:00Z" });
  const desk = fakeDesk({ snapshot: soon, touch: snapshotOf() });
  const { user, press } = await begin(desk);
  await vi.waitFor(() => expect(screen.getByRole("dialog").textContent).toContain("1 minute"));
  await user.keyboard("x");
  expect(calls(desk, "touch")).toHaveLength(0);
  await press("stay");
  await vi.waitFor(() => expect(document.querySelector("dialog")).toBeNull());
  expect(calls(desk, "touch")).toHaveLength(1);
});

test("shortcuts lead to find, outbox and help, and letters alone do nothing", async () => {
  const desk = fakeDesk();
  const { user } = await begin(desk);
  await user.keyboard("{Alt>}2{/Alt}");
  await page("outbox");
  await user.keyboard("{F1}");
  await page("help");
  await user.keyboard("{Alt>}{ArrowLeft}{/Alt}");
  await page("outbox");
  await user.keyboard("f2");
  await page("outbox");
  await user.keyboard("{Control>}f{/Control}");
  await page("find");
});

function Broken(): never {
  throw new Error("broken");
}

test("a fault of the pages themselves has a page", () => {
  vi.spyOn(console, "error").mockImplementation(() => {});
  render(
    <Boundary>
      <Broken />
    </Boundary>,
  );
  expect(main()?.dataset.page).toBe("broken");
  expect(document.title).toMatch(/^Error: /);
});

test("a fresh link is drawn anew: the picture of the dead one does not stay", async () => {
  const waiting = { ...SUBMISSION, status: "waiting_for_them" as const, registration: REGISTRATION };
  const desk = fakeDesk({ submission: waiting, freshLink: waiting });
  const { press } = await begin(desk, { at: "submission", key: SUBMISSION.key });
  await vi.waitFor(() => expect(calls(desk, "linkQr")).toHaveLength(1));
  await press("fresh-link");
  await vi.waitFor(() => expect(calls(desk, "linkQr")).toHaveLength(2));
});
