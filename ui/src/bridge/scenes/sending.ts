// What became of a registration, and the outbox.

import type { Attention, NextStep, OutboxPage, RefusalCode, TakenFromView, TakenOverView, WaitView } from "../bindings";
import {
  COMPLETE_DRAFT,
  COUNTS,
  DRAFT,
  MANAGER,
  POLICY,
  PROFILE,
  REGISTRATION,
  SMARTCARD,
  SUBMISSION,
  snapshotOf,
} from "../fake";
import { attention, counts, many, offline, refused, type Scene, scene, submission, TOM, waiting } from "./parts";

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
const TAKEN_FROM: TakenFromView = {
  name: "Tom Ward",
  role: "RA Agent, B81603",
  at: "2026-11-23T13:10:00Z",
  reason: "On leave until December",
  given_back: false,
  taken_back: null,
};
const WAIT: WaitView = {
  is_own: false,
  role_lost: false,
  name: "Tom Ward",
  role: "555254240201",
  role_text: "RA Agent, B81603",
  count: 3,
  to_take_over: 3,
  oldest: "2026-11-20T09:05:00Z",
};
/** The roles of theirs that register no more. */
const LOST = { in_this_role: false, recorded_role: "RA Agent, RX9", role_lost: true };
const MANAGES = { person: MANAGER };
const waitingFor: OutboxPage = {
  counts: { ...COUNTS, ready: 2, other_people: 7, other_roles: 2 },
  drafts: [],
  submissions: many.slice(1).map((submission) => ({ ...submission, ...LOST, status: "ready_to_send" })),
  total: 2,
  waits: [
    { ...WAIT, count: 4 },
    { ...WAIT, name: null, role: "555254240202", count: 1, to_take_over: 0 },
    {
      ...WAIT,
      is_own: true,
      role_lost: true,
      role: "555254240203",
      role_text: "RA Agent, RX9",
      count: 2,
      to_take_over: 0,
    },
  ],
};
/** What this RA user recorded, in every state in which it is not sent by itself but one. */
const HELD: OutboxPage = {
  counts: { ...COUNTS, ready: 4, other_roles: 1 },
  drafts: [],
  submissions: [
    { ...SUBMISSION, status: "ready_to_send" },
    { ...(many[1] ?? SUBMISSION), status: "ready_to_send", needs_confirmation: true },
    { ...(many[2] ?? SUBMISSION), status: "ready_to_send" },
    {
      ...SUBMISSION,
      key: "018f0000-0000-7000-8000-0000000c0005",
      name: "Kofi Mensah",
      uuid: "555086680005",
      address: "kofi.mensah@nhs.net",
      in_this_role: false,
      recorded_role: "RA Manager, RX9",
    },
  ],
  total: 4,
  waits: [
    {
      ...WAIT,
      is_own: true,
      name: "Priya Nair",
      role: "555254240101",
      role_text: "RA Manager, RX9",
      count: 1,
      to_take_over: 0,
    },
  ],
};
/** What an RA manager of the same organisation recorded or took over. */
const MINE = { recorded_role: "RA Manager, B81603" };
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
  "outbox-waits-manager": scene(
    "outbox",
    {
      snapshot: snapshotOf(
        { outbox: waitingFor.counts, sync: { state: "paused", why: "role_lost", until: null } },
        MANAGES,
      ),
      outbox: waitingFor,
    },
    { start: { at: "outbox", tab: "ready" }, status: "ready" },
  ),
  "outbox-taken-over": scene(
    "outbox",
    {
      snapshot: snapshotOf({ outbox: { ...COUNTS, ready: 3 } }, MANAGES),
      outbox: {
        ...waitingFor,
        waits: [],
        submissions: [{ ...SUBMISSION, ...MINE, taken_from: TAKEN_FROM }],
        total: 1,
      },
    },
    { start: { at: "outbox", tab: "ready", takenOver: 3 }, status: "ready" },
  ),
  withdrawn: submission({ status: "withdrawn" }),
  removed: submission({ status: "removed", registration: REGISTRATION }),
  withdraw: scene("withdraw", {}, { start: { at: "withdraw", key: SUBMISSION.key } }),
  "withdraw-unsettled": scene(
    "withdraw",
    { submission: { ...SUBMISSION, unsettled: true } },
    { start: { at: "withdraw", key: SUBMISSION.key } },
  ),
  "outbox-empty": scene("outbox", {}, { start: { at: "outbox", tab: "ready" }, status: "ready" }),
  "outbox-sending": scene(
    "outbox",
    {
      snapshot: snapshotOf({ outbox: counts, sync: { state: "sending", done: 1, total: 3 } }),
      outbox: { counts, drafts: [], submissions: many, total: 3, waits: [] },
    },
    { start: { at: "outbox", tab: "ready" }, status: "ready" },
  ),
  "outbox-paused": scene(
    "outbox",
    {
      snapshot: offline({ outbox: { ...counts, ready: 240, other_people: 3, other_roles: 12 } }),
      outbox: {
        counts: { ...counts, ready: 240 },
        drafts: [],
        // Offline nothing is on its way.
        submissions: many.map((item) => (item.status === "sending" ? { ...item, status: "ready_to_send" } : item)),
        total: 240,
        waits: [
          {
            ...WAIT,
            is_own: true,
            name: "Priya Nair",
            role: "555254240101",
            role_text: "RA Manager, RX9",
            count: 12,
            to_take_over: 0,
          },
        ],
      },
    },
    { start: { at: "outbox", tab: "ready" }, status: "ready" },
  ),
  "outbox-unsettled": scene(
    "outbox",
    {
      snapshot: offline({ outbox: { ...COUNTS, ready: 3 } }),
      outbox: {
        counts: { ...COUNTS, ready: 3 },
        drafts: [],
        submissions: many.map((item) => ({
          ...item,
          status: "ready_to_send",
          unsettled: item !== many[1],
          needs_confirmation: item === many[1],
        })),
        total: 3,
        waits: [],
      },
    },
    { start: { at: "outbox", tab: "ready" }, status: "ready" },
  ),
  // One of each that is not sent by itself, beside one that is.
  "outbox-held": scene(
    "outbox",
    {
      snapshot: snapshotOf(
        { outbox: HELD.counts, sync: { state: "paused", why: "confirmation_needed", until: null } },
        { to_confirm: 1 },
      ),
      outbox: HELD,
    },
    { start: { at: "outbox", tab: "ready" }, status: "ready" },
  ),
  "outbox-busy": scene(
    "outbox",
    {
      snapshot: snapshotOf({
        outbox: { ...COUNTS, ready: 1 },
        sync: { state: "paused", why: "busy", until: "2026-11-23T14:31:00Z" },
      }),
      outbox: { counts: { ...COUNTS, ready: 1 }, drafts: [], submissions: [SUBMISSION], total: 1, waits: [] },
    },
    { start: { at: "outbox", tab: "ready" }, status: "ready" },
  ),
  "outbox-confirmed": scene(
    "outbox",
    {
      snapshot: offline(),
      outbox: {
        counts: { ...COUNTS, ready: 2 },
        drafts: [],
        submissions: many.slice(0, 2).map((item) => ({ ...item, status: "ready_to_send" })),
        total: 2,
        waits: [],
      },
    },
    { start: { at: "outbox", tab: "ready", confirmed: true }, status: "ready" },
  ),
  "outbox-drafts": scene(
    "outbox",
    {
      snapshot: snapshotOf({ outbox: { ...counts, drafts: 2 } }),
      outbox: {
        counts: { ...counts, drafts: 2 },
        drafts: [
          DRAFT,
          {
            ...COMPLETE_DRAFT,
            id: "018f0000-0000-7000-8000-0000000d0002",
            uuid: TOM.uuid,
            name: "Mr Tom Ward",
            short_name: TOM.name,
            birth_date: "1991-05-14",
            suggested_address: TOM.address,
            address: TOM.address,
          },
        ],
        submissions: [],
        total: 2,
        waits: [],
      },
    },
    { start: { at: "outbox", tab: "drafts" }, status: "drafts" },
  ),
  "outbox-discarded": scene(
    "outbox",
    {
      snapshot: snapshotOf({ outbox: counts }),
      outbox: { counts, drafts: [DRAFT], submissions: [], total: 1, waits: [] },
    },
    { start: { at: "outbox", tab: "drafts" }, status: "drafts", press: [`#discard-${DRAFT.id}`] },
  ),
  "outbox-attention": scene(
    "outbox",
    {
      snapshot: snapshotOf({ outbox: counts, sync: { state: "paused", why: "other_role", until: null } }),
      outbox: {
        counts,
        drafts: [],
        submissions: [
          {
            ...SUBMISSION,
            status: "needs_attention",
            attention: {
              code: "ADDRESS_IN_USE",
              next: "correct_address",
              done_by: null,
              done_at: null,
              profile_now: null,
              profile_then: null,
              fields: [],
            },
          },
          {
            ...SUBMISSION,
            key: "018f0000-0000-7000-8000-0000000c0004",
            ...TOM,
            in_this_role: false,
            recorded_role: "RA Manager, RX9",
            status: "needs_attention",
            attention: {
              code: "PROFILE_CLOSED",
              next: "do_in_care_identity_management",
              done_by: null,
              done_at: null,
              profile_now: null,
              profile_then: null,
              fields: [],
            },
          },
        ],
        total: 2,
        waits: [],
      },
    },
    { start: { at: "outbox", tab: "attention" }, status: "attention" },
  ),
  "outbox-waits-others": scene(
    "outbox",
    {
      snapshot: snapshotOf({ outbox: { ...COUNTS, other_people: 1 } }),
      outbox: { ...waitingFor, counts: { ...COUNTS, other_people: 1 }, submissions: [], total: 0, waits: [] },
    },
    { start: { at: "outbox", tab: "ready" }, status: "ready" },
  ),
  "confirm-taken-over": scene("confirm-recorded", {
    snapshot: snapshotOf({ outbox: { ...COUNTS, ready: 2 } }, { ...MANAGES, to_confirm: 2 }),
    toConfirm: many.slice(0, 2).map((item, at) => ({
      ...item,
      ...MINE,
      status: "ready_to_send" as const,
      needs_confirmation: true,
      taken_from: at === 0 ? TAKEN_FROM : null,
    })),
  }),
  "confirm-recorded": scene("confirm-recorded", {
    snapshot: snapshotOf(
      { outbox: { ...COUNTS, ready: 2 }, sync: { state: "paused", why: "confirmation_needed", until: null } },
      { to_confirm: 2 },
    ),
    toConfirm: many
      .slice(0, 2)
      .map((item) => ({ ...item, status: "ready_to_send" as const, needs_confirmation: true })),
  }),
};
