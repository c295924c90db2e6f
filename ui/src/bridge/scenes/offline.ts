// Working without a connection: by PIN, locked, and being prepared.

import {
  COMPLETE_DRAFT,
  DRAFT,
  HAS_PIN,
  NOT_PREPARED,
  offlineOf,
  PERSON,
  PREPARED,
  SHELL,
  SUBMISSION,
  snapshotOf,
} from "../fake";
import { type Answers, counts, out, refused, type Scene, scene } from "./parts";

const TOM_HAS_PIN = { ...HAS_PIN, uuid: "555086680002", name: "Tom Ward", role: "RA Manager, B81603" };
const SIGNED_OUT = out(null);
const WHO = ["#by-pin"];
const ENTER = [...WHO, `#who-${HAS_PIN.uuid}`];
const at = { at: "offline-work" } as const;

const locked = (person: typeof HAS_PIN | null, answers: Answers = {}, rest: Partial<Scene> = {}) =>
  scene(
    "locked",
    { snapshot: snapshotOf({ session: { state: "locked", name: PERSON.name, person, unknown: false } }), ...answers },
    rest,
  );

const wrong = refused("INVALID", {
  fields: [{ field: "pin", code: "pin_wrong", message: "That is not the PIN. 6 tries left." }],
});

export const OFFLINE: Record<string, Scene> = {
  "who-nobody": scene("who", { snapshot: SIGNED_OUT }, { press: WHO }),
  who: scene(
    "who",
    {
      snapshot: SIGNED_OUT,
      offlinePeople: [
        HAS_PIN,
        TOM_HAS_PIN,
        { ...TOM_HAS_PIN, uuid: "555086680003", name: "Aisha Bello", ended: "over" },
      ],
    },
    { press: WHO },
  ),
  "who-clock-was-ahead": scene(
    "who",
    { snapshot: SIGNED_OUT, offlinePeople: [{ ...HAS_PIN, ended: "clock_was_ahead" }] },
    { press: WHO },
  ),
  "who-elsewhere": scene(
    "who",
    { snapshot: SIGNED_OUT, offlinePeople: [{ ...HAS_PIN, ended: "elsewhere" }] },
    { press: WHO },
  ),
  "who-key-store": scene("fault", { snapshot: SIGNED_OUT, offlinePeople: refused("KEY_STORE_LOCKED") }, { press: WHO }),
  "enter-pin": scene("enter-pin", { snapshot: SIGNED_OUT, offlinePeople: [HAS_PIN] }, { press: ENTER }),
  "enter-pin-wrong": scene(
    "enter-pin",
    { snapshot: SIGNED_OUT, offlinePeople: [{ ...HAS_PIN, tries_left: 6 }], workOffline: wrong },
    { press: [...ENTER, "#primary"] },
  ),
  "enter-pin-wait": scene(
    "enter-pin",
    { snapshot: SIGNED_OUT, offlinePeople: [{ ...HAS_PIN, tries_left: 1, wait_until: "2026-11-23T15:30:00Z" }] },
    { press: ENTER },
  ),
  "forgotten-pin": scene(
    "forgotten-pin",
    { snapshot: SIGNED_OUT, offlinePeople: [HAS_PIN] },
    { press: [...ENTER, "#forgotten"] },
  ),
  locked: locked(HAS_PIN),
  "locked-wrong": locked({ ...HAS_PIN, tries_left: 6 }, { unlock: wrong }, { press: ["#primary"] }),
  "locked-ended": locked({ ...HAS_PIN, ended: "over" }),
  "locked-no-pin": locked(null),
  "locked-unknown": scene("locked", {
    snapshot: snapshotOf({ session: { state: "locked", name: PERSON.name, person: null, unknown: true } }),
  }),
  "offline-drafts": scene("outbox", {
    snapshot: offlineOf({ outbox: counts }),
    offline: PREPARED,
    outbox: { counts, drafts: [DRAFT], submissions: [], total: 1, waits: [] },
  }),
  "offline-find": scene("needs-sign-in", { snapshot: offlineOf() }, { press: ["#nav-find"] }),
  "offline-check": scene(
    "check",
    { snapshot: offlineOf(), offline: PREPARED, draft: COMPLETE_DRAFT },
    { start: { at: "check", draft: DRAFT.id } },
  ),
  "offline-recorded": scene(
    "submission",
    { snapshot: offlineOf(), submission: { ...SUBMISSION, needs_confirmation: true }, offline: PREPARED },
    { start: { at: "submission", key: SUBMISSION.key }, status: SUBMISSION.status },
  ),
  "offline-help": scene("help", { snapshot: offlineOf() }, { start: { at: "help" } }),
  "offline-work": scene("offline-work", {}, { start: at }),
  "offline-work-weak": scene(
    "offline-work",
    {
      setPin: refused("INVALID", {
        fields: [
          { field: "pin", code: "pin_name", message: "Choose a PIN without your name or your Care Identity UUID." },
        ],
      }),
    },
    { start: at, press: ["#primary"] },
  ),
  "offline-work-not-given": scene(
    "offline-work",
    { setPin: refused("CLOCK_WRONG") },
    { start: at, press: ["#primary"] },
  ),
  "offline-work-prepared": scene("offline-work", { offline: { ...PREPARED, may_set: false } }, { start: at }),
  "offline-work-no-leave": scene("offline-work", { offline: { ...PREPARED, until: null } }, { start: at }),
  "offline-work-forgets": scene(
    "offline-work",
    { offline: { ...NOT_PREPARED, not_kept: "forgets" }, shell: { ...SHELL, not_kept: "forgets" } },
    { start: at },
  ),
};
