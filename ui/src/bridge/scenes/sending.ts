// What became of a registration.

import type { Attention, NextStep, RefusalCode, TakenOverView } from "../bindings";
import { COUNTS, POLICY, PROFILE, REGISTRATION, SMARTCARD, SUBMISSION, snapshotOf } from "../fake";
import { MANAGES, MINE, TAKEN_FROM, WAIT, waitingFor } from "./outbox";
import { attention, offline, refused, type Scene, scene, submission, waiting } from "./parts";

const SEEN = { profile_then: PROFILE, profile_now: PROFILE };

/** Each refusal that no scene of its own shows, with its next step as the desk gives it. */
const REFUSED: [name: string, RefusalCode, NextStep, Partial<Attention>?][] = [
  ["unknown-profile", "UNKNOWN_PROFILE", "do_in_care_identity_management"],
  [
    "profile-closed",
    "PROFILE_CLOSED",
    "do_in_care_identity_management",
    { ...SEEN, profile_now: { ...PROFILE, status: "closed" } },
  ],
  [
    "profile-unverified",
    "PROFILE_UNVERIFIED",
    "do_in_care_identity_management",
    { ...SEEN, profile_now: { ...PROFILE, status: "unverified" } },
  ],
  [
    "profile-restricted",
    "PROFILE_RESTRICTED",
    "do_in_care_identity_management",
    { ...SEEN, profile_now: { ...PROFILE, status: "restricted" } },
  ],
  ["own-profile", "OWN_PROFILE", "another_person_or_role"],
  ["address-in-use", "ADDRESS_IN_USE", "correct_address"],
  ["address-not-allowed", "ADDRESS_NOT_ALLOWED", "correct_address"],
  ["address-inactive", "ADDRESS_INACTIVE", "correct_address"],
  ["address-shared-mailbox", "ADDRESS_SHARED_MAILBOX", "correct_address"],
  ["not-permitted", "NOT_PERMITTED", "another_person_or_role"],
  ["key-reused", "KEY_REUSED", "record_anew"],
  [
    "invalid-body",
    "INVALID_BODY",
    "record_anew",
    { fields: [{ field: "documents", code: "document_twice", message: "Each kind of document is named once." }] },
  ],
];

const TAKEN: TakenOverView = {
  by: "Margaret Ellison",
  at: "2026-11-23T13:10:00Z",
  reason: "On leave until December",
};
const REFUSAL = { done_by: null, done_at: null, profile_now: null, profile_then: null, fields: [] };
const takeOver = { at: "take-over", role: WAIT.role } as const;

/** Scenes from what was recorded to what is done. */
export const SENDING: Record<string, Scene> = {
  recorded: submission({}, { snapshot: offline() }),
  "recorded-unsettled": submission({ unsettled: true, attempts: 2 }),
  "recorded-to-confirm": submission(
    { needs_confirmation: true },
    { snapshot: snapshotOf({ outbox: { ...COUNTS, ready: 1 } }, { to_confirm: 1 }) },
  ),
  "recorded-withdrawal-requested": submission({ unsettled: true, withdrawal_requested: true }),
  sending: submission({ status: "sending" }),
  waiting: submission(waiting),
  "waiting-wrong-account": submission({
    ...waiting,
    registration: {
      ...REGISTRATION,
      opened_at: "2026-11-23T14:27:00Z",
      signed_in_at: "2026-11-23T14:28:00Z",
      wrong_account: 1,
      attempts_left: 4,
    },
  }),
  "waiting-presence": submission(waiting, {
    snapshot: snapshotOf({}, { policy: { ...POLICY, presence_required: true } }),
  }),
  "waiting-copied": submission(waiting, {}, { press: ["#copy-link"] }),
  "link-expired": submission({
    status: "link_expired",
    registration: {
      ...REGISTRATION,
      link_expires_at: null,
      opened_at: "2026-11-23T14:27:00Z",
      signed_in_at: "2026-11-23T14:29:00Z",
      attempts_left: 0,
      wrong_account: 5,
    },
  }),
  linked: submission({
    status: "linked",
    registration: {
      ...REGISTRATION,
      opened_at: "2026-11-23T14:27:00Z",
      signed_in_at: "2026-11-23T14:28:00Z",
      linked_at: "2026-11-23T14:28:10Z",
      link_expires_at: null,
    },
  }),
  "attention-address": attention("ADDRESS_UNKNOWN", "correct_address"),
  "attention-profile-changed": attention("PROFILE_CHANGED", "review_profile", {
    profile_then: PROFILE,
    profile_now: { ...PROFILE, name: "Dr Siobhán Máire Smythe", authenticators: [SMARTCARD] },
  }),
  "attention-already-done": attention("ALREADY_REGISTERED", "already_done", {
    done_by: "Tom Ward",
    done_at: "2026-11-23T09:12:00Z",
  }),
  "attention-cim": attention("PROFILE_CLOSED", "do_in_care_identity_management"),
  "attention-other-role": attention("NOT_YOUR_SUBMISSION", "another_person_or_role"),
  "attention-too-old": submission({
    status: "needs_attention",
    recorded_at: "2026-11-02T10:40:00Z",
    attention: {
      code: "TOO_OLD",
      next: "record_anew",
      done_by: null,
      done_at: null,
      profile_now: null,
      profile_then: null,
      fields: [],
    },
  }),
  // What the RA service may refuse for, each with what was recorded beside how it is.
  ...Object.fromEntries(REFUSED.map(([name, code, next, part]) => [`refused-${name}`, attention(code, next, part)])),
  "recorded-role-lost-unsettled": submission({
    in_this_role: false,
    recorded_role: "RA Agent, B81603",
    role_lost: true,
    unsettled: true,
  }),
  "recorded-role-lost": submission(
    { in_this_role: false, recorded_role: "RA Agent, B81603", role_lost: true },
    {
      snapshot: snapshotOf({
        outbox: { ...COUNTS, ready: 1, other_roles: 1 },
        sync: { state: "paused", why: "role_lost", until: null },
      }),
    },
  ),
  "taken-over": submission({ unsettled: true, taken_over: TAKEN }),
  "taken-from": submission({ ...MINE, taken_from: TAKEN_FROM }, { snapshot: snapshotOf({}, MANAGES) }),
  "taken-from-to-confirm": submission(
    { ...MINE, taken_from: TAKEN_FROM, needs_confirmation: true },
    { snapshot: snapshotOf({}, { ...MANAGES, to_confirm: 1 }) },
  ),
  "taken-from-profile-changed": submission(
    {
      ...MINE,
      taken_from: TAKEN_FROM,
      status: "needs_attention",
      attention: {
        ...REFUSAL,
        code: "PROFILE_CHANGED",
        next: "review_profile",
        profile_then: PROFILE,
        profile_now: { ...PROFILE, name: "Dr Siobhán Máire Smythe" },
      },
    },
    { snapshot: snapshotOf({}, MANAGES) },
  ),
  "taken-from-given-back": submission(
    {
      ...MINE,
      taken_from: { ...TAKEN_FROM, given_back: true },
      status: "needs_attention",
      attention: { ...REFUSAL, code: "NOT_PERMITTED", next: "another_person_or_role" },
    },
    { snapshot: snapshotOf({}, MANAGES) },
  ),
  "taken-from-taken-back": submission(
    { ...MINE, taken_from: { ...TAKEN_FROM, taken_back: "Tom Ward" }, status: "withdrawn" },
    { snapshot: snapshotOf({}, MANAGES) },
  ),
  "taken-from-withdraw": scene(
    "withdraw",
    { submission: { ...SUBMISSION, ...MINE, taken_from: TAKEN_FROM }, snapshot: snapshotOf({}, MANAGES) },
    { start: { at: "withdraw", key: SUBMISSION.key } },
  ),
  "take-over": scene("take-over", { outbox: waitingFor, snapshot: snapshotOf({}, MANAGES) }, { start: takeOver }),
  "take-over-refused": scene(
    "take-over",
    { outbox: waitingFor, snapshot: snapshotOf({}, MANAGES), takeOver: refused("NOT_PERMITTED") },
    { start: takeOver, fill: { "#reason": "They are on leave" }, press: ["#primary"] },
  ),
  "take-over-too-late": scene(
    "outbox",
    { outbox: waitingFor, snapshot: snapshotOf({}, MANAGES), takeOver: refused("NOT_FOUND") },
    { start: takeOver, fill: { "#reason": "They are on leave" }, press: ["#primary"] },
  ),
  "take-over-no-reason": scene(
    "take-over",
    {
      outbox: waitingFor,
      snapshot: snapshotOf({}, MANAGES),
      takeOver: refused("INVALID", {
        fields: [{ field: "reason", code: "reason_missing", message: "Enter a reason." }],
      }),
    },
    { start: takeOver, press: ["#primary"] },
  ),
  "take-over-offline": scene(
    "take-over",
    {
      outbox: waitingFor,
      snapshot: { ...offline(), session: snapshotOf({}, MANAGES).session },
      takeOver: refused("OFFLINE"),
    },
    { start: takeOver, fill: { "#reason": "They are on leave" }, press: ["#primary"] },
  ),
  "take-over-gone": scene("outbox", { snapshot: snapshotOf({}, MANAGES) }, { start: takeOver }),
  withdrawn: submission({ status: "withdrawn" }),
  removed: submission({ status: "removed", registration: REGISTRATION }),
  withdraw: scene("withdraw", {}, { start: { at: "withdraw", key: SUBMISSION.key } }),
  "withdraw-unsettled": scene(
    "withdraw",
    { submission: { ...SUBMISSION, unsettled: true } },
    { start: { at: "withdraw", key: SUBMISSION.key } },
  ),
};
