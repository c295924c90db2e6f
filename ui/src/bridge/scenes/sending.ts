// What became of a registration, and the outbox.

import {
  COMPLETE_DRAFT,
  COUNTS,
  DRAFT,
  POLICY,
  PROFILE,
  REGISTRATION,
  SMARTCARD,
  SUBMISSION,
  snapshotOf,
} from "../fake";
import { attention, counts, many, offline, type Scene, scene, submission, TOM, waiting } from "./parts";

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
    },
  }),
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
      outbox: { counts, drafts: [], submissions: many, total: 3 },
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
      },
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
      },
    },
    { start: { at: "outbox", tab: "drafts" }, status: "drafts" },
  ),
  "outbox-discarded": scene(
    "outbox",
    { snapshot: snapshotOf({ outbox: counts }), outbox: { counts, drafts: [DRAFT], submissions: [], total: 1 } },
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
            },
          },
        ],
        total: 2,
      },
    },
    { start: { at: "outbox", tab: "attention" }, status: "attention" },
  ),
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
