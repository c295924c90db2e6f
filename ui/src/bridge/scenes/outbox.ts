// The outbox: what is to be sent, by whom, and what waits for whom.

import type { OutboxPage, TakenFromView, WaitView } from "../bindings";
import { COMPLETE_DRAFT, COUNTS, DRAFT, MANAGER, SUBMISSION, snapshotOf } from "../fake";
import { counts, many, offline, type Scene, scene, TOM } from "./parts";

/** From whom an RA manager took over. */
export const TAKEN_FROM: TakenFromView = {
  name: "Tom Ward",
  role: "RA Agent, B81603",
  at: "2026-11-23T13:10:00Z",
  reason: "On leave until December",
  given_back: false,
  taken_back: null,
};
/** What a colleague of the manager's recorded and did not send. */
export const WAIT: WaitView = {
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
/** An RA manager is at work. */
export const MANAGES = { person: MANAGER };
/** The outbox of an RA manager for whom colleagues' work waits. */
export const waitingFor: OutboxPage = {
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
export const MINE = { recorded_role: "RA Manager, B81603" };

/** Each tab of the outbox, and the list that is confirmed. */
export const OUTBOX: Record<string, Scene> = {
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
