// No page says more than is true now: before it is confirmed, while nobody has answered, and once it is over.

import { act, fireEvent, render, screen } from "@testing-library/preact";
import { beforeEach, expect, test, vi } from "vitest";
import type { SubmissionView } from "../src/bridge";
import { FaultError } from "../src/bridge";
import {
  COMPLETE_DRAFT,
  COUNTS,
  DRAFT,
  type FakeDesk,
  fakeDesk,
  fault,
  NOW,
  POLICY,
  PROFILE,
  REGISTRATION,
  SHELL,
  SUBMISSION,
  snapshotOf,
} from "../src/bridge/fake";
import { SCENES } from "../src/bridge/scenes";
import { FAULTS } from "../src/content/codes";
import { STATUS, shownStatus, VARIATIONS } from "../src/content/status";
import { App } from "../src/frame/app";
import type { Place } from "../src/frame/places";
import { main, show, text } from "./show";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: new Date(NOW) });
});

const OFFLINE = { state: "offline", why: "no_connection" } as const;

const shownSubmission = (part: Partial<SubmissionView>, snapshot = snapshotOf()) =>
  show(fakeDesk({ snapshot, submission: { ...SUBMISSION, ...part } }), { at: "submission", key: SUBMISSION.key });

test("where nothing is kept and there is no network, nothing is said to be saved", async () => {
  const scene = SCENES["check-forgets"];
  await show(scene?.desk() as FakeDesk, scene?.start as Place);
  await vi.waitFor(() => expect(text("what-happens")).toMatch(/Without a connection nothing is saved or sent/));
  expect(main()?.textContent).not.toMatch(/it will be saved on this computer/);
});

test.each([true, false])("before it is confirmed nothing is said to be saved (online: %s)", async (online) => {
  const desk = fakeDesk({
    draft: COMPLETE_DRAFT,
    snapshot: snapshotOf(online ? {} : { network: OFFLINE }),
  });
  await show(desk, { at: "check", draft: DRAFT.id });
  expect(text("what-happens")).toMatch(/^When you confirm, it will be saved on this computer/);
  expect(main()?.textContent).not.toMatch(/\bis saved\b|\bis sent\b|registered/);
  const box = document.getElementById("working-offline");
  expect(box === null).toBe(online);
  if (box) {
    expect(box.textContent).toContain("You are offline. Nothing is recorded yet.");
    const facts = document.querySelector("main dl") as HTMLElement;
    expect(box.compareDocumentPosition(facts)).toBe(Node.DOCUMENT_POSITION_FOLLOWING);
  }
});

test("what is recorded is promised to be sent only while its RA user stays signed in, and by when", async () => {
  await shownSubmission({}, snapshotOf({ network: OFFLINE }));
  expect(main()?.textContent).toContain("RA Desk sends it by itself while you stay signed in.");
  expect(main()?.textContent).toContain("sign in again and confirm it");
  expect(text("send-by")).toContain("Send it by 7 December 2026 at 2:25pm.");
});

test("what waits for its RA user is not promised to be sent by itself", async () => {
  await shownSubmission({ needs_confirmation: true });
  expect(main()?.textContent).not.toContain("by itself");
  expect(main()?.textContent).toContain("Waits for you to confirm");
  // To confirm is the next step, before the next person.
  expect(text("primary")).toBe("Check and confirm");
  expect(text("next-person")).toBe("Find the next person");
  expect(main()?.textContent).not.toContain("Ready to send");
});

test("the second click of a double click says nothing for the RA user", async () => {
  const scene = SCENES["confirm-recorded"];
  const desk = scene?.desk() as FakeDesk;
  const user = await show(desk, { at: "confirm-recorded" });
  const yes = await vi.waitFor(() => screen.getByRole("button", { name: "I recorded these" }));
  // As it arrives where the first click was for the page before.
  fireEvent.click(yes, { detail: 2 });
  await act(async () => {});
  expect(desk.log.filter(([name]) => name === "confirmRecorded")).toHaveLength(0);
  await user.click(yes);
  expect(desk.log.filter(([name]) => name === "confirmRecorded")).toHaveLength(1);
});

test("while nobody knows what came of it, it is neither ready to send nor not registered", async () => {
  await shownSubmission({ unsettled: true, attempts: 2 });
  expect(screen.getByRole("heading", { level: 1 }).textContent).toBe("Sent, no answer yet");
  expect(main()?.textContent).toContain("The RA service may already have registered it.");
  expect(main()?.textContent).not.toMatch(/Ready to send|until this has been sent/);
});

test("the word for a submission is its status, or what is truer than that", () => {
  const word = (part: Partial<SubmissionView>) => shownStatus({ ...SUBMISSION, ...part }).word;
  expect(word({})).toBe(STATUS.ready_to_send.word);
  expect(word({ unsettled: true })).toBe(VARIATIONS.unsettled.word);
  expect(word({ needs_confirmation: true })).toBe(VARIATIONS.needs_confirmation.word);
  expect(word({ unsettled: true, needs_confirmation: true })).toBe(VARIATIONS.unsettled.word);
  expect(word({ unsettled: true, withdrawal_requested: true })).toBe(VARIATIONS.withdrawal_requested.word);
  expect(word({ unsettled: true, status: "sending" })).toBe(STATUS.sending.word);
  expect(word({ unsettled: true, status: "linked" })).toBe(STATUS.linked.word);
});

test("every word that stands for a submission is in the help, with what it means", async () => {
  await show(fakeDesk(), { at: "help" });
  const rows = [...document.querySelectorAll("main tr")].map((row) =>
    [...row.querySelectorAll("td")].map((cell) => cell.textContent ?? ""),
  );
  for (const { word } of [...Object.values(STATUS), ...Object.values(VARIATIONS)]) {
    expect(rows.find(([said]) => said === word)?.[1], word).toMatch(/\.$/);
  }
});

// Design §3: one list of status words everywhere. Whatever else is said of a submission has no tag and no such name.
test("no page gives a registration another status than one of the list", async () => {
  const list: string[] = Object.values(STATUS).map(({ word }) => word);
  const pages = ["submission", "outbox", "take-over", "waiting-elsewhere", "confirm-recorded", "help"];
  const scenes = Object.values(SCENES).filter(({ page }) => pages.includes(page));
  const given = new Set<string>();
  for (const scene of scenes) {
    const { unmount } = render(<App desk={scene.desk()} start={scene.start} />);
    await vi.waitFor(() => expect(main()?.dataset.page ?? "loading").not.toBe("loading"));
    await act(async () => {});
    for (const tag of document.querySelectorAll("main .nhsuk-tag")) given.add(tag.textContent ?? "");
    for (const name of document.querySelectorAll("main dt"))
      if (name.textContent === "Status") given.add(name.nextElementSibling?.textContent ?? "");
    const columns = [...document.querySelectorAll("main th")].map((name) => name.textContent);
    if (scene.page !== "help") expect(columns).not.toContain("Status");
    unmount();
  }
  expect(given.size).toBeGreaterThan(5);
  expect([...given].filter((word) => !list.includes(word))).toEqual([]);
});

test.each([true, false])("taking back says what is known of it (unsettled: %s)", async (unsettled) => {
  const desk = fakeDesk({ submission: { ...SUBMISSION, unsettled } });
  await show(desk, { at: "withdraw", key: SUBMISSION.key });
  const told = main()?.textContent ?? "";
  expect(told.includes("If it was, it stays registered.")).toBe(unsettled);
  expect(told.includes("It will not be sent, and nothing is registered.")).toBe(!unsettled);
});

test("what was confirmed is ready, not sent or done; the banner goes once it is neither", async () => {
  const ready = (count: number) => snapshotOf({ network: OFFLINE, outbox: { ...COUNTS, ready: count } });
  const desk = fakeDesk({ snapshot: ready(2) });
  await show(desk, { at: "outbox", tab: "ready", confirmed: true });
  expect(text("confirmed")).toBe("Confirmed. 2 registrations are ready to send.");
  expect(document.querySelector(".nhsuk-notification-banner--success")).toBeNull();
  await act(async () => desk.change({ snapshot: ready(1) }, "outbox"));
  await vi.waitFor(() => expect(text("confirmed")).toBe("Confirmed. 1 registration is ready to send."));
  await act(async () => desk.change({ snapshot: ready(0) }, "outbox"));
  await vi.waitFor(() => expect(text("confirmed")).toBeNull());
});

test("offline one tries, and does not send", async () => {
  const paused = { state: "paused", why: "network", until: null } as const;
  const desk = fakeDesk({ snapshot: snapshotOf({ network: OFFLINE, sync: paused }) });
  await show(desk, { at: "outbox", tab: "ready" });
  expect(text("send-now")).toBe("Try now");
});

// What is in the outbox and not sent by itself is neither called ready, nor offered to be sent now.
test("what is sent by itself stands apart from what waits for its RA user", async () => {
  const scene = SCENES["outbox-held"];
  const user = await show(scene?.desk() as FakeDesk, scene?.start as Place);
  await vi.waitFor(() => expect(document.getElementById("held")).not.toBeNull());
  const names = (id: string) =>
    [...document.querySelectorAll(`#${id} td:first-child button`)].map((name) => name.textContent);
  expect(names("goes")).toEqual([SUBMISSION.name]);
  expect(names("held")).toEqual(["Tom Ward", "Aisha Bello", "Kofi Mensah"]);
  const words = [...document.querySelectorAll("#held td:last-child")].map((word) => word.textContent ?? "");
  const said = ["Waits for you to confirm", "Withdrawal requested", "Waits for you to change role"];
  said.forEach((word, at) => {
    expect(words[at]).toContain(word);
  });
  expect(text("held")).not.toContain("Ready to send");
  expect(text("goes")).toContain("by itself");
  expect(text("held")).not.toContain("by itself");
  expect(document.getElementById("send-now")).toBeNull();
  await user.click(document.getElementById("change-to-555254240101") as HTMLElement);
  await vi.waitFor(() => expect(main()?.dataset.page).toBe("choose-role"));
});

test.each([
  ["something would be sent", { state: "idle" } as const, 1, "Send now"],
  ["nothing would be", { state: "idle" } as const, 0, null],
  ["the RA service asked for a pause", { state: "paused", why: "busy", until: NOW } as const, 1, null],
  ["it waits to be confirmed", { state: "paused", why: "confirmation_needed", until: null } as const, 0, null],
])("to send now is offered where that does something: %s", async (_, sync, toSend, offered) => {
  const snapshot = snapshotOf({ sync, outbox: { ...COUNTS, ready: 1 } }, { to_send: toSend });
  await show(fakeDesk({ snapshot }), { at: "outbox", tab: "ready" });
  expect(text("send-now")).toBe(offered);
});

test("offline, what is not ready is not said to be sent once there is a connection", async () => {
  const sync = { state: "paused", why: "network", until: null } as const;
  const snapshot = snapshotOf({ network: OFFLINE, sync, outbox: { ...COUNTS, ready: 1 } }, { to_confirm: 1 });
  await show(fakeDesk({ snapshot }), { at: "outbox", tab: "ready" });
  expect(document.querySelector(".ra-paused h2")?.textContent).toBe("There is no connection");
  expect(document.querySelector(".ra-paused")?.textContent).not.toMatch(/sends|is sent/);
  expect(text("send-now")).toBe("Try now");
});

test("a gateway that was not reached is told of before anybody tries to sign in", async () => {
  const out = { session: { state: "signed_out" as const, why: null } };
  const desk = fakeDesk({ snapshot: snapshotOf({ ...out, network: OFFLINE }) });
  await show(desk, { at: "find" });
  const told = document.getElementById("unreachable") as HTMLElement;
  expect(told.textContent).toContain("could not reach the RA service");
  const primary = document.getElementById("primary") as HTMLElement;
  expect(told.compareDocumentPosition(primary)).toBe(Node.DOCUMENT_POSITION_FOLLOWING);
  await act(async () => desk.change({ snapshot: snapshotOf(out) }, "network"));
  await vi.waitFor(() => expect(text("unreachable")).toBeNull());
});

test("where they must finish here, the link is not offered to be sent", async () => {
  const waiting = { status: "waiting_for_them", registration: REGISTRATION } as const;
  await shownSubmission(waiting, snapshotOf({}, { policy: { ...POLICY, presence_required: true } }));
  expect(document.getElementById("copy-link")).toBeNull();
  expect(main()?.textContent).not.toMatch(/send it to them|copy the link/i);
});

test("another account stands before all else on the page", async () => {
  const registration = { ...REGISTRATION, wrong_account: 1, attempts_left: 4 };
  await shownSubmission({ status: "waiting_for_them", registration });
  const heading = document.querySelector("main h1");
  expect(heading?.nextElementSibling?.id).toBe("wrong-account");
});

test("what somebody else did is looked at first, and taken back in one place", async () => {
  const attention = {
    code: "ALREADY_REGISTERED" as const,
    next: "already_done" as const,
    done_by: "Tom Ward",
    done_at: NOW,
    profile_now: null,
    profile_then: null,
    fields: [],
  };
  await shownSubmission({ status: "needs_attention", attention });
  expect(text("primary")).toBe("See the profile");
  expect(screen.getAllByRole("button", { name: /withdraw/i })).toHaveLength(1);
  expect(main()?.textContent).not.toMatch(/nothing more to do|from the outbox/i);
});

test("a warning in front of the page begins with what it says", async () => {
  const soon = snapshotOf({}, { idle_warning_at: "2026-11-23T14:29:00Z", idle_at: "2026-11-23T14:31:00Z" });
  const desk = fakeDesk();
  await show(desk, { at: "find" });
  await act(async () => desk.change({ snapshot: soon }));
  await vi.waitFor(() => expect(document.activeElement?.textContent).toBe("Are you still there?"));
});

test("from a fault one gets back, and its reference is called so", async () => {
  const desk = fakeDesk({ profile: new FaultError(fault("GATEWAY_FAULT", { reference: "6f1d2c3a" })) });
  const user = await show(desk, { at: "profile", uuid: PROFILE.uuid });
  expect(main()?.textContent).toContain("Reference: 6f1d2c3a.");
  await user.click(document.getElementById("back") as HTMLElement);
  expect(main()?.dataset.page).toBe("find");
});

// Where the computer forgets, nothing on it is promised to stay.
const PROMISES = /nothing is lost|(is|are|stays?) (kept|saved|on this computer)\b|encrypted/i;
const forgets = (unsent: number, kiosk = false) => ({
  shell: { ...SHELL, kiosk, not_kept: "forgets" as const },
  snapshot: snapshotOf({ outbox: { ...COUNTS, ready: unsent } }),
});
const press = async (user: Awaited<ReturnType<typeof show>>, id: string) =>
  user.click(document.getElementById(id) as HTMLElement);
const shownText = () => document.body.textContent ?? "";
const calls = (desk: FakeDesk, name: string) => desk.log.filter(([called]) => called === name).length;

test.each(["forgets", null] as const)("promises of keeping are made where they are true (%s)", async (notKept) => {
  const shell = { ...SHELL, not_kept: notKept };
  const paused = { state: "paused", why: "network", until: null } as const;
  const offline = { network: OFFLINE, sync: paused, outbox: { ...COUNTS, ready: 1 } };
  const pages: [Parameters<typeof fakeDesk>[0], Place][] = [
    [{ snapshot: snapshotOf(offline) }, { at: "outbox", tab: "ready" }],
    [{ snapshot: snapshotOf({ session: { state: "signed_out", why: "idle" } }) }, { at: "find" }],
    [{ snapshot: snapshotOf(offline) }, { at: "submission", key: SUBMISSION.key }],
    [{}, { at: "leave-kiosk" }],
    [{ snapshot: snapshotOf({}, { idle_warning_at: NOW, idle_at: "2026-11-23T15:31:00Z" }) }, { at: "find" }],
    ...(["OFFLINE", "SESSION_ENDED", "SIGN_IN_NEEDED", "INTERNAL"] as const).map(
      (code): [Parameters<typeof fakeDesk>[0], Place] => [
        { profile: new FaultError(fault(code)) },
        { at: "profile", uuid: PROFILE.uuid },
      ],
    ),
  ];
  for (const [answers, place] of pages) {
    const { unmount } = render(<App desk={fakeDesk({ ...answers, shell })} start={place} />);
    await vi.waitFor(() => expect(main()?.dataset.page ?? "loading").not.toBe("loading"));
    await act(async () => {});
    await vi.waitFor(() => {
      const label = `${place.at}: ${shownText()}`;
      if (notKept) expect(shownText(), label).toContain("This computer forgets what is");
      if (notKept) expect(shownText(), label).not.toMatch(PROMISES);
      else expect(shownText(), label).toMatch(PROMISES);
    });
    unmount();
  }
});

test("no fault promises anything but by the words that know the computer", () => {
  for (const [code, { explanation, next }] of Object.entries(FAULTS)) {
    if (!/^(STORE|KEY|WRONG_KEY)/.test(code)) expect(`${explanation} ${next}`, code).not.toMatch(PROMISES);
  }
});

test("a computer that forgets says what is unsent for as long as it is", async () => {
  const desk = fakeDesk(forgets(2));
  await show(desk, { at: "find" });
  await vi.waitFor(() =>
    expect(text("unsent-here")).toContain("2 registrations are not sent yet: stay signed in until they are."),
  );
  await act(async () => desk.change(forgets(0), "outbox"));
  await vi.waitFor(() => expect(text("unsent-here")).toBe(""));
  await act(async () => desk.change({ ...forgets(1), shell: SHELL }, "outbox"));
  await act(async () => desk.change({ shell: SHELL }, "shell"));
  await vi.waitFor(() => expect(text("unsent-here")).toBe(""));
});

test("what was recorded in another role is counted once", async () => {
  const outbox = { ...COUNTS, ready: 2, other_roles: 1 };
  await show(fakeDesk({ ...forgets(0), snapshot: snapshotOf({ outbox }) }), { at: "find" });
  await vi.waitFor(() => expect(text("unsent-here")).toContain("2 registrations are not sent yet"));
});

test("signing out stops while something is unsent on a computer that forgets", async () => {
  const desk = fakeDesk(forgets(1));
  const user = await show(desk, { at: "find" });
  await vi.waitFor(() => expect(text("unsent-here")).not.toBe(""));
  await press(user, "sign-out");
  expect(text("unsent-stop-title")).toBe("1 registration is not sent yet");
  await press(user, "stay-signed-in");
  expect(document.getElementById("unsent-stop-title")).toBeNull();
  expect(calls(desk, "signOut")).toBe(0);
  await press(user, "sign-out");
  await press(user, "go-unsent");
  expect(calls(desk, "signOut")).toBe(1);
  await vi.waitFor(() => expect(main()?.dataset.page).toBe("sign-in"));
  expect(document.getElementById("unsent-stop-title")).toBeNull();
});

test.each([
  ["everything is sent", forgets(0)],
  ["the computer keeps it", { ...forgets(1), shell: SHELL }],
])("signing out stops for nothing where %s", async (_, answers) => {
  const desk = fakeDesk(answers);
  await press(await show(desk, { at: "find" }), "sign-out");
  expect(calls(desk, "signOut")).toBe(1);
});

test("leaving a kiosk stops too, also for what others recorded", async () => {
  const others = { outbox: { ...COUNTS, other_people: 3 } };
  const desk = fakeDesk({ ...forgets(0, true), snapshot: snapshotOf(others) });
  const user = await show(desk, { at: "leave-kiosk" });
  await vi.waitFor(() => expect(main()?.textContent).toContain("This computer forgets"));
  await press(user, "primary");
  expect(text("unsent-stop-title")).toBe("3 registrations are not sent yet");
  expect(calls(desk, "leaveKiosk")).toBe(0);
  await press(user, "go-unsent");
  expect(calls(desk, "leaveKiosk")).toBe(1);
});
