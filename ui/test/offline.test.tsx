// Working by PIN: nothing of it is promised that is not so, a lock hides the work, and one comes back to where one was.

import { act, render } from "@testing-library/preact";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test, vi } from "vitest";
import type { Snapshot } from "../src/bridge";
import {
  AGENT,
  COMPLETE_DRAFT,
  COUNTS,
  DRAFT,
  type FakeDesk,
  fakeDesk,
  HAS_PIN,
  NOW,
  offlineOf,
  PERSON,
  PREPARED,
  PROFILE,
  SUBMISSION,
  snapshotOf,
} from "../src/bridge/fake";
import { App } from "../src/frame/app";
import type { Place } from "../src/frame/places";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: new Date(NOW) });
});

/** It counts by the second, in real time. */
const WAIT = { timeout: 4000 };

const main = () => document.querySelector<HTMLElement>("main");
const calls = (desk: FakeDesk, name: string) => desk.log.filter(([called]) => called === name);
const page = async (name: string) => {
  await vi.waitFor(() => expect(main()?.dataset.page).toBe(name));
  await act(async () => {});
};
const pressed = async (selector: string) => {
  const found = await vi.waitFor(() => {
    const found = document.querySelector<HTMLElement>(selector);
    expect(found, selector).not.toBeNull();
    return found as HTMLElement;
  });
  await userEvent.click(found);
  await act(async () => {});
};
const become = async (desk: FakeDesk, snapshot: Snapshot) => {
  await act(async () => desk.change({ snapshot, touch: snapshot }));
};
const out = (why: "idle" | "signed_out") => snapshotOf({ session: { state: "signed_out", why } });
const LOCKED = snapshotOf({ session: { state: "locked", name: PERSON.name, person: HAS_PIN, unknown: false } });

/** On a page that was gone to, not started at: only that is come back to. */
async function at(desk: FakeDesk, place: Place) {
  render(<App desk={desk} />);
  await page("find");
  if (place.at === "help") await pressed("#help");
}

test("who begins by PIN is told until when, that nothing is sent, and what they typed is kept nowhere", async () => {
  const desk = fakeDesk({ snapshot: out("idle"), offlinePeople: [HAS_PIN], touch: offlineOf() });
  render(<App desk={desk} />);
  await pressed("#by-pin");
  await pressed(`#who-${HAS_PIN.uuid}`);
  await page("enter-pin");
  const field = document.getElementById("pin") as HTMLInputElement;
  expect(field.type).toBe("password");
  await userEvent.type(field, "19283746");
  await pressed("#primary");
  await page("outbox");
  expect(calls(desk, "workOffline")).toEqual([["workOffline", HAS_PIN.uuid, "19283746"]]);
  const banner = document.getElementById("offline-banner")?.textContent ?? "";
  expect(banner).toContain("Working offline as Priya Nair until 26 November 2026 at 2:30pm");
  expect(banner).toContain("Nothing is sent until you sign in");
  expect(document.body.innerHTML).not.toContain("19283746");
  await pressed("#nav-find");
  await page("needs-sign-in");
  expect(document.getElementById("change-role")).toBeNull();
});

test("a wrong PIN leaves an empty field, and how many tries are left is asked anew", async () => {
  const desk = fakeDesk({ snapshot: out("idle"), offlinePeople: [HAS_PIN], workOffline: "never" });
  render(<App desk={desk} />);
  await pressed("#by-pin");
  await pressed(`#who-${HAS_PIN.uuid}`);
  const asked = calls(desk, "offlinePeople").length;
  await act(async () =>
    desk.change({
      offlinePeople: [{ ...HAS_PIN, tries_left: 1 }],
      workOffline: () => Promise.reject(new Error("no")),
    }),
  );
  await userEvent.type(document.getElementById("pin") as HTMLInputElement, "19283746");
  await pressed("#primary");
  await vi.waitFor(() => expect(calls(desk, "offlinePeople").length).toBeGreaterThan(asked));
  await vi.waitFor(() => expect(main()?.textContent).toContain("1 try left."));
  expect((document.getElementById("pin") as HTMLInputElement).value).toBe("");
});

test("a lock shows nothing of the work but whose it is, and the PIN comes back to the same page", async () => {
  const desk = fakeDesk({ draft: COMPLETE_DRAFT, snapshot: offlineOf(), offline: PREPARED });
  render(<App desk={desk} />);
  await page("outbox");
  await pressed("#help");
  await page("help");
  await pressed("#lock");
  await page("locked");
  await become(desk, LOCKED);
  const shown = document.body.textContent ?? "";
  expect(shown).toContain("Priya Nair is working here and is away.");
  expect(shown).not.toContain(PROFILE.short_name);
  for (const id of ["help", "nav-outbox", "account", "offline-banner", "lock"]) {
    expect(document.getElementById(id), id).toBeNull();
  }
  await userEvent.type(document.getElementById("pin") as HTMLInputElement, "19283746");
  await pressed("#primary");
  await page("help");
  expect(calls(desk, "unlock")).toEqual([["unlock", "19283746"]]);
});

test("what is not known of a PIN is not said to be gone, and is asked again", async () => {
  const desk = fakeDesk({ draft: COMPLETE_DRAFT });
  render(<App desk={desk} start={{ at: "check", draft: DRAFT.id }} />);
  await page("check");
  const locked = { state: "locked", name: PERSON.name, person: null } as const;
  let now = snapshotOf({ session: { ...locked, unknown: true } });
  await act(async () => desk.change({ snapshot: async () => now }));
  await page("locked");
  expect(document.body.innerHTML).not.toContain(PROFILE.short_name);
  const said = () => document.getElementById("no-pin")?.textContent ?? "";
  expect(said()).toContain("RA Desk cannot tell whether your PIN works");
  expect(said()).not.toContain("does not work any more");
  now = LOCKED;
  await pressed("#try-again");
  await vi.waitFor(() => expect(document.getElementById("pin")).not.toBeNull());
});

test("answers that were not saved come back after a lock, to whoever gave them, and are gone once they are saved", async () => {
  const desk = fakeDesk({ draft: COMPLETE_DRAFT, snapshot: offlineOf() });
  render(<App desk={desk} start={{ at: "address", draft: DRAFT.id }} />);
  await page("address");
  const address = () => document.getElementById("address") as HTMLInputElement;
  await userEvent.clear(address());
  await userEvent.type(address(), "half.typ");
  await become(desk, LOCKED);
  await page("locked");
  expect(document.body.innerHTML).not.toContain("half.typ");
  await become(desk, offlineOf());
  await page("address");
  expect(address().value).toBe("half.typ");
  // A sign-in in between, too, that is given up.
  await become(desk, snapshotOf({ session: { state: "signing_in" } }));
  await become(desk, offlineOf());
  await page("address");
  expect(address().value).toBe("half.typ");
  // And one in which they take their role only after they signed in.
  await become(desk, out("idle"));
  await page("sign-in");
  await become(desk, snapshotOf({}, { person: { ...PERSON, role: null, may_find: false } }));
  await page("choose-role");
  await become(desk, offlineOf());
  await page("address");
  expect(address().value).toBe("half.typ");
  await act(async () => desk.change({ setDraftAddress: COMPLETE_DRAFT }));
  await pressed("#primary");
  await page("identity");
  await pressed(".nhsuk-back-link");
  await page("address");
  expect(address().value).toBe(COMPLETE_DRAFT.address);
});

test("boxes that were ticked and not saved come back after a lock", async () => {
  const desk = fakeDesk({ draft: COMPLETE_DRAFT, snapshot: offlineOf() });
  render(<App desk={desk} start={{ at: "identity", draft: DRAFT.id }} />);
  await page("identity");
  const box = () => document.getElementById("document-pass_card") as HTMLInputElement;
  expect(box().checked).toBe(false);
  await pressed("#document-pass_card");
  await become(desk, LOCKED);
  await page("locked");
  await become(desk, offlineOf());
  await page("identity");
  expect(box().checked).toBe(true);
});

test("answers that were not saved are nobody else's, and end with a sign-out", async () => {
  const somebodyElse = snapshotOf({}, { person: { ...PERSON, role: { ...AGENT, id: "555254240999" } } });
  for (const between of [[out("signed_out")], [out("idle"), somebodyElse, out("idle")]]) {
    const desk = fakeDesk({ draft: COMPLETE_DRAFT });
    const { unmount } = render(<App desk={desk} start={{ at: "address", draft: DRAFT.id }} />);
    await page("address");
    const address = () => document.getElementById("address") as HTMLInputElement;
    await userEvent.type(address(), "x");
    expect(address().value).toBe(`${COMPLETE_DRAFT.address}x`);
    for (const next of between) {
      await become(desk, next);
      await page(next.session.state === "signed_in" ? "address" : "sign-in");
    }
    await become(desk, snapshotOf());
    await page("address");
    expect(address().value).toBe(COMPLETE_DRAFT.address);
    unmount();
  }
});

test("a locked draft is nowhere in the page", async () => {
  const desk = fakeDesk({ draft: COMPLETE_DRAFT, snapshot: offlineOf() });
  render(<App desk={desk} start={{ at: "check", draft: DRAFT.id }} />);
  await page("check");
  expect(document.body.textContent).toContain(PROFILE.short_name);
  await become(desk, LOCKED);
  await page("locked");
  expect(document.body.innerHTML).not.toContain(PROFILE.short_name);
  expect(document.body.innerHTML).not.toContain(DRAFT.id);
});

test("who signs in again in the same role goes on where they were, and nobody else does", async () => {
  const desk = fakeDesk();
  await at(desk, { at: "help" });
  await page("help");
  await become(desk, out("idle"));
  await page("sign-in");
  await become(desk, snapshotOf());
  await page("help");
  // Somebody else, in a role of their own.
  await become(desk, out("idle"));
  await page("sign-in");
  const other = { ...PERSON, name: "Tom Ward", role: { ...AGENT, id: "555254240999" } };
  await become(desk, snapshotOf({}, { person: other }));
  await page("find");
  // Who signed out by themselves has finished.
  await pressed("#help");
  await page("help");
  await become(desk, out("signed_out"));
  await page("sign-in");
  await become(desk, snapshotOf({}, { person: other }));
  await page("find");
});

test.each(["offline", "online"] as const)("by PIN no page says that it is sent before a sign-in, %s", async (state) => {
  const network = state === "offline" ? { state, why: "refused" as const } : { state };
  const recorded = { ...SUBMISSION, needs_confirmation: true };
  const desk = fakeDesk({
    draft: COMPLETE_DRAFT,
    snapshot: offlineOf({ network }),
    record: recorded,
    submission: recorded,
  });
  render(<App desk={desk} start={{ at: "check", draft: DRAFT.id }} />);
  await page("check");
  expect(document.getElementById("what-happens")?.textContent).toContain("It is sent after you have signed in");
  expect(document.getElementById("working-offline")?.textContent).toContain("and not sent yet");
  expect(document.getElementById("primary")?.textContent).toBe("Confirm and save on this computer");
  await pressed("#primary");
  await page("submission");
  expect(document.getElementById("needs-confirmation")?.textContent).toContain("until you sign in and confirm");
  expect(main()?.textContent).not.toMatch(/by itself|while you stay signed in|Check and confirm|earlier session/);
  await pressed("#primary");
  await page("outbox");
});

test("a draft that was left half way is there again, and back leads the way they came", async () => {
  const drafts = { counts: COUNTS, drafts: [DRAFT], submissions: [], total: 1, waits: [] };
  const desk = fakeDesk({ draft: DRAFT, outbox: drafts });
  render(<App desk={desk} />);
  await page("find");
  await pressed("#nav-outbox");
  await page("outbox");
  await pressed("#tab-drafts");
  await pressed(`#continue-${DRAFT.id}`);
  const at = await vi.waitFor(() => {
    const at = main()?.dataset.page;
    expect(["address", "identity", "check"]).toContain(at);
    return at as string;
  });
  await become(desk, out("idle"));
  await page("sign-in");
  expect(document.body.innerHTML).not.toContain(DRAFT.id);
  // They are asked who they are in between.
  await become(desk, snapshotOf({ session: { state: "confirming", person: PERSON } }));
  await page("confirm-identity");
  await become(desk, snapshotOf());
  await page(at);
  await pressed(".nhsuk-back-link");
  await page("outbox");
});

test("what waits to be confirmed comes first, and leads back to where they were", async () => {
  const desk = fakeDesk();
  await at(desk, { at: "help" });
  await page("help");
  await become(desk, out("idle"));
  await page("sign-in");
  await become(desk, snapshotOf({}, { to_confirm: 2 }));
  await page("confirm-recorded");
});

test("by PIN the warning says that it locks, aloud too, and locks", async () => {
  const desk = fakeDesk({ snapshot: offlineOf(), touch: offlineOf() });
  vi.setSystemTime(new Date("2026-11-23T14:43:30Z"));
  render(<App desk={desk} />);
  const dialog = await vi.waitFor(() => {
    const found = document.querySelector<HTMLElement>("dialog");
    expect(found).not.toBeNull();
    return found as HTMLElement;
  });
  expect(dialog.querySelector("[role=status]")?.textContent).toBe("RA Desk will be locked in 1 minute 30 seconds.");
  expect(dialog.textContent).not.toContain("signed out");
  // And as it goes on: no oftener than every half minute, until the end is near.
  const spoken = dialog.querySelector("[role=status]");
  vi.setSystemTime(new Date("2026-11-23T14:43:40Z"));
  const counted = () => dialog.querySelector(".ra-countdown")?.textContent;
  // Time goes on meanwhile, on a busy machine by seconds.
  await vi.waitFor(() => expect(counted()).toMatch(/^1 minute (1?[1-9]|[12]0) seconds?$/), WAIT);
  expect(spoken?.textContent).toBe("RA Desk will be locked in 1 minute 30 seconds.");
  vi.setSystemTime(new Date("2026-11-23T14:44:46Z"));
  await vi.waitFor(() => expect(spoken?.textContent).toMatch(/^RA Desk will be locked in (15|10|5) seconds\.$/), WAIT);
  expect(dialog.querySelector("[role=status]")).toBe(spoken);
  const lock = [...dialog.querySelectorAll("button")].find((button) => button.textContent === "Lock now");
  await userEvent.click(lock as HTMLElement);
  await vi.waitFor(() => expect(calls(desk, "lock")).toHaveLength(1));
});

test("a PIN that was set is said to be set, and stands in no field any more", async () => {
  const desk = fakeDesk();
  render(<App desk={desk} start={{ at: "offline-work" }} />);
  await page("offline-work");
  for (const id of ["pin", "again"]) await userEvent.type(document.getElementById(id) as HTMLInputElement, "19283746");
  await act(async () => desk.change({ offline: PREPARED }, "network"));
  await pressed("#primary");
  await vi.waitFor(() => expect(document.getElementById("pin-told")?.textContent).toBe("Your PIN is set."));
  expect(document.getElementById("until")?.textContent).toContain("26 November 2026 at 2:30pm");
  expect(calls(desk, "setPin")).toEqual([["setPin", "19283746", "19283746"]]);
  expect([...document.querySelectorAll("input")].map(({ value }) => value)).toEqual(["", ""]);
});
