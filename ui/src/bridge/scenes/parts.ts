// What the scenes are made of.

import type { Place } from "../../frame/places";
import type {
  Attention,
  Code,
  EndReason,
  NextStep,
  ProfileView,
  RefusalCode,
  Snapshot,
  SubmissionView,
} from "../bindings";
import { FaultError } from "../desk";
import {
  COUNTS,
  DRAFT,
  type FakeDesk,
  fakeDesk,
  fault,
  PROFILE,
  REGISTRATION,
  SHELL,
  SUBMISSION,
  snapshotOf,
} from "../fake";

export interface Scene {
  /** `data-page` and `data-status` it must come to. */
  page: string;
  status?: string;
  /** `data-code`: of the fault the page tells of. */
  code?: Code;
  desk: () => FakeDesk;
  start?: Place;
  /** What is typed first, by selector. */
  fill?: Record<string, string>;
  /** What is pressed, in this order, to come to it. */
  press?: string[];
}

export type Answers = Parameters<typeof fakeDesk>[0];

export const refused = (code: Code, part: Parameters<typeof fault>[1] = {}) => new FaultError(fault(code, part));
export const out = (why: EndReason | null): Snapshot => snapshotOf({ session: { state: "signed_out", why } });
export const unsent = (why: EndReason | null, other_people: number): Snapshot => ({
  ...out(why),
  outbox: { ...COUNTS, other_people },
});
export const scene = (page: string, answers: Answers = {}, rest: Partial<Scene> = {}): Scene => ({
  page,
  desk: () => fakeDesk(answers),
  ...rest,
});

export const offline = (part: Partial<Snapshot> = {}) =>
  snapshotOf({
    network: { state: "offline", why: "no_connection" },
    outbox: { ...COUNTS, ready: 2 },
    sync: { state: "paused", why: "network", until: null },
    ...part,
  });

export const profile = (part: Partial<ProfileView>, answers: Answers = {}) =>
  scene("profile", { profile: { ...PROFILE, ...part }, ...answers }, { start: { at: "profile", uuid: PROFILE.uuid } });

export const submission = (part: Partial<SubmissionView>, answers: Answers = {}, rest: Partial<Scene> = {}) =>
  scene(
    "submission",
    { submission: { ...SUBMISSION, ...part }, ...answers },
    { start: { at: "submission", key: SUBMISSION.key }, status: part.status ?? SUBMISSION.status, ...rest },
  );

export const attention = (code: RefusalCode, next: NextStep, part: Partial<Attention> = {}) =>
  submission({
    status: "needs_attention",
    attention: { code, next, done_by: null, done_at: null, profile_now: null, profile_then: null, fields: [], ...part },
  });

export const address = { at: "address", draft: DRAFT.id } as const;
export const waiting: Partial<SubmissionView> = { status: "waiting_for_them", registration: REGISTRATION };

/** Somebody else, where a page shows two people. */
export const TOM = { name: "Tom Ward", uuid: "555086680002", address: "tom.ward7@nhs.net" };

export const many: SubmissionView[] = [
  SUBMISSION,
  {
    ...SUBMISSION,
    key: "018f0000-0000-7000-8000-0000000c0002",
    ...TOM,
    status: "sending",
  },
  {
    ...SUBMISSION,
    key: "018f0000-0000-7000-8000-0000000c0003",
    name: "Aisha Bello",
    uuid: "555086680003",
    address: "aisha.bello@nhs.net",
    unsettled: true,
    withdrawal_requested: true,
    recorded_at: "2026-11-20T09:05:00Z",
  },
];
export const counts = { ...COUNTS, drafts: 1, ready: 3, waiting: 2, attention: 2, done: 41 };

export const cannotStart = (code: Code, message: string) =>
  scene("cannot-start", { startup: refused(code, { message }) }, { code });

export const KIOSK = { ...SHELL, kiosk: true };
