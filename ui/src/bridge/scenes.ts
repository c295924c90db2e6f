// Every state of every page, on a made-up desk: what the gallery shows and the page tests walk through.

import type { Place } from "../frame/places";
import type {
  Attention,
  Code,
  EndReason,
  NextStep,
  ProfileView,
  RefusalCode,
  Snapshot,
  SubmissionView,
} from "./bindings";
import { FaultError } from "./desk";
import {
  AGENT,
  COMPLETE_DRAFT,
  COMPUTER,
  CONNECT,
  COUNTS,
  DRAFT,
  type FakeDesk,
  fakeDesk,
  fault,
  PERSON,
  POLICY,
  PROFILE,
  REGISTRATION,
  ROLES,
  SHELL,
  SMARTCARD,
  SUBMISSION,
  snapshotOf,
} from "./fake";

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

type Answers = Parameters<typeof fakeDesk>[0];

const refused = (code: Code, part: Parameters<typeof fault>[1] = {}) => new FaultError(fault(code, part));
const out = (why: EndReason | null): Snapshot => snapshotOf({ session: { state: "signed_out", why } });
const unsent = (why: EndReason | null, other_people: number): Snapshot => ({
  ...out(why),
  outbox: { ...COUNTS, other_people },
});
const scene = (page: string, answers: Answers = {}, rest: Partial<Scene> = {}): Scene => ({
  page,
  desk: () => fakeDesk(answers),
  ...rest,
});

const offline = (part: Partial<Snapshot> = {}) =>
  snapshotOf({
    network: { state: "offline", why: "no_connection" },
    outbox: { ...COUNTS, ready: 2 },
    sync: { state: "paused", why: "network", until: null },
    ...part,
  });

const profile = (part: Partial<ProfileView>, answers: Answers = {}) =>
  scene("profile", { profile: { ...PROFILE, ...part }, ...answers }, { start: { at: "profile", uuid: PROFILE.uuid } });

const submission = (part: Partial<SubmissionView>, answers: Answers = {}, rest: Partial<Scene> = {}) =>
  scene(
    "submission",
    { submission: { ...SUBMISSION, ...part }, ...answers },
    { start: { at: "submission", key: SUBMISSION.key }, status: part.status ?? SUBMISSION.status, ...rest },
  );

const attention = (code: RefusalCode, next: NextStep, part: Partial<Attention> = {}) =>
  submission({
    status: "needs_attention",
    attention: { code, next, done_by: null, done_at: null, profile_now: null, profile_then: null, ...part },
  });

const address = { at: "address", draft: DRAFT.id } as const;
const waiting: Partial<SubmissionView> = { status: "waiting_for_them", registration: REGISTRATION };

const many: SubmissionView[] = [
  SUBMISSION,
  {
    ...SUBMISSION,
    key: "018f0000-0000-7000-8000-0000000c0002",
    name: "Tom Ward",
    uuid: "555086680002",
    address: "tom.ward7@nhs.net",
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
const counts = { ...COUNTS, drafts: 1, ready: 3, waiting: 2, attention: 2, done: 41 };

const cannotStart = (code: Code) =>
  scene(
    "cannot-start",
    { startup: refused(code, { message: "The settings file names no gateway (gateway_url)." }) },
    { code },
  );

const KIOSK = { ...SHELL, kiosk: true };

/** Every scene by its name. */
export const SCENES: Record<string, Scene> = {
  "cannot-start-settings": cannotStart("SETTINGS_WRONG"),
  "cannot-start-key-missing": cannotStart("KEY_MISSING"),
  "sign-in": scene("sign-in", { snapshot: out(null) }),
  "sign-in-practice": scene("sign-in", { snapshot: { ...out(null), practice: true } }),
  // After a restart nobody knows any more who was signed in; what was recorded is still there.
  "sign-in-unsent": scene("sign-in", { snapshot: unsent(null, 1) }),
  "ended-signed-out-unsent": scene("sign-in", { snapshot: unsent("signed_out", 12) }),
  "sign-in-failed": scene(
    "sign-in",
    { snapshot: out(null), signIn: refused("SIGN_IN_REJECTED", { reference: "6f1d2c3a" }) },
    { press: ["#primary"] },
  ),
  "sign-in-cancelled": scene(
    "sign-in",
    { snapshot: out(null), signIn: refused("SIGN_IN_CANCELLED") },
    { press: ["#primary"] },
  ),
  "sign-in-waiting": scene(
    "sign-in",
    { snapshot: snapshotOf({ session: { state: "signing_in" } }) },
    { status: "signing_in" },
  ),
  "sign-in-kiosk": scene("sign-in", { snapshot: out(null), shell: KIOSK }),
  "sign-in-waiting-kiosk": scene(
    "sign-in",
    { snapshot: snapshotOf({ session: { state: "signing_in" } }), shell: KIOSK },
    { status: "signing_in" },
  ),
  "sign-in-forgets": scene("sign-in", { snapshot: out(null), shell: { ...SHELL, not_kept: "forgets" } }),
  "sign-in-network-folder": scene("sign-in", { snapshot: out(null), shell: { ...SHELL, not_kept: "network_folder" } }),
  "sign-in-online-only": scene("sign-in", { snapshot: out(null), shell: { ...SHELL, not_kept: "by_setting" } }),
  "find-kiosk-update": scene("find", { shell: { ...KIOSK, update_installed: true } }),
  "leave-kiosk": scene("leave-kiosk", { shell: KIOSK }, { start: { at: "leave-kiosk" } }),
  "leave-kiosk-failed": scene(
    "leave-kiosk",
    { shell: KIOSK, leaveKiosk: refused("NOT_PERMITTED") },
    { start: { at: "leave-kiosk" }, press: ["#primary"] },
  ),
  "check-forgets": scene(
    "check",
    {
      draft: COMPLETE_DRAFT,
      snapshot: offline(),
      shell: { ...SHELL, not_kept: "forgets" },
      record: refused("COMPUTER_FORGETS"),
    },
    { start: { at: "check", draft: DRAFT.id }, press: ["#primary"] },
  ),
  "ended-signed-out": scene("sign-in", { snapshot: out("signed_out") }),
  "ended-idle": scene("sign-in", { snapshot: out("idle") }),
  "ended-twelve-hours": scene("sign-in", { snapshot: out("twelve_hours") }),
  "ended-elsewhere": scene("sign-in", { snapshot: out("ended_elsewhere") }),
  "confirm-identity": scene("confirm-identity", {
    snapshot: snapshotOf({ session: { state: "confirming", person: PERSON } }),
  }),
  "choose-role": scene("choose-role", {}, { start: { at: "choose-role" } }),
  "choose-role-none-chosen": scene("choose-role", {
    snapshot: snapshotOf(
      {},
      {
        person: {
          ...PERSON,
          role: null,
          may_find: false,
          may_register: false,
          roles: ROLES.map((role) => ({ ...role, current: false })),
        },
      },
    ),
  }),
  "no-access": scene("no-access", {
    snapshot: snapshotOf(
      {},
      { person: { ...PERSON, role: ROLES[3], may_find: false, may_register: false, roles: ROLES.slice(3) } },
    ),
  }),
  find: scene("find"),
  "find-practice": scene("find", { snapshot: snapshotOf({ practice: true }) }),
  "find-details": scene("find", {}, { press: ["#by-details"] }),
  "find-error": scene(
    "find",
    {
      find: refused("INVALID", {
        fields: [
          {
            field: "uuid",
            code: "uuid_too_short",
            message: "A Care Identity UUID is 12 digits. You entered fewer than that.",
          },
        ],
      }),
    },
    { press: ["#primary"] },
  ),
  "find-details-error": scene(
    "find",
    {
      find: refused("INVALID", {
        fields: [
          { field: "family", code: "family_name_missing", message: "Enter a family name." },
          { field: "birth_day", code: "not_a_date", message: "Enter a real date of birth, for example 27 3 1985." },
        ],
      }),
    },
    { press: ["#by-details", "#primary"] },
  ),
  "find-offline": scene("find", { snapshot: offline() }),
  results: scene("results", {}, { press: ["#primary"] }),
  "none-found": scene(
    "none-found",
    { find: { found: "nobody" } },
    { press: ["#by-details", "#primary"], fill: { "#family": "O’Con*", "#given": "Siobhan", "#birth_year": "1985" } },
  ),
  "too-many": scene(
    "too-many",
    { find: { found: "too_many", most: 50 } },
    { press: ["#by-details", "#primary"], fill: { "#family": "Smith", "#given": "J" } },
  ),
  offline: scene("offline", { find: refused("OFFLINE"), snapshot: offline() }, { press: ["#primary"] }),
  profile: profile({}),
  "profile-authenticators": profile({
    authenticators: [SMARTCARD, CONNECT],
    warnings: ["HAS_AUTHENTICATOR", "HAS_NHS_NET_CONNECT", "MANAGED_IN_ESR"],
  }),
  "profile-refused": profile({
    status: "unverified",
    birth_date: null,
    refusal: "PROFILE_UNVERIFIED",
    warnings: ["BIRTH_DATE_NOT_KNOWN"],
  }),
  "profile-look-only": profile(
    { may_register: false, authenticators: [SMARTCARD] },
    {
      snapshot: snapshotOf(
        {},
        { person: { ...PERSON, role: { ...AGENT, ra_role: "sponsor", access: "look_only" }, may_register: false } },
      ),
    },
  ),
  "profile-draft": profile({ draft: DRAFT.id }),
  "profile-submission": profile({ submission: SUBMISSION.key }),
  remove: scene(
    "remove",
    { profile: { ...PROFILE, authenticators: [CONNECT] } },
    { start: { at: "remove", uuid: PROFILE.uuid, authenticator: CONNECT.id } },
  ),
  "remove-error": scene(
    "remove",
    { profile: { ...PROFILE, authenticators: [CONNECT] } },
    { start: { at: "remove", uuid: PROFILE.uuid, authenticator: CONNECT.id }, press: ["#primary"] },
  ),
  address: scene("address", {}, { start: address }),
  "address-warned": scene(
    "address",
    {
      draft: {
        ...DRAFT,
        address: "s.smythe99@nhs.net",
        address_warnings: ["ADDRESS_NOT_ON_PROFILE", "ADDRESS_UNLIKE_NAME"],
      },
    },
    { start: address },
  ),
  "address-reason": scene(
    "address",
    {
      setDraftAddress: refused("INVALID", {
        fields: [{ field: "reason", code: "reason_missing", message: "Enter a reason." }],
      }),
    },
    { start: address, fill: { "#address": "s.smythe99@nhs.net" }, press: ["#primary"] },
  ),
  "address-error": scene(
    "address",
    {
      setDraftAddress: refused("INVALID", {
        fields: [
          { field: "address", code: "address_not_nhs_net", message: "An NHS.net Connect address ends in @nhs.net." },
        ],
      }),
    },
    { start: address, press: ["#primary"] },
  ),
  identity: scene("identity", {}, { start: { at: "identity", draft: DRAFT.id } }),
  "identity-error": scene(
    "identity",
    {
      setDraftIdentity: refused("INVALID", {
        fields: [
          { field: "method", code: "method_missing", message: "Say how you met." },
          { field: "documents", code: "documents_missing", message: "Tick at least one document." },
          { field: "accepted_by", code: "declaration_missing", message: "Say who accepted the declaration." },
        ],
      }),
    },
    { start: { at: "identity", draft: DRAFT.id }, press: ["#primary"] },
  ),
  check: scene("check", { draft: COMPLETE_DRAFT }, { start: { at: "check", draft: DRAFT.id } }),
  "check-offline": scene(
    "check",
    { draft: { ...COMPLETE_DRAFT, address_reason: "New starter, mailbox made today" }, snapshot: offline() },
    { start: { at: "check", draft: DRAFT.id } },
  ),
  "check-disk-full": scene(
    "check",
    { draft: COMPLETE_DRAFT, record: refused("DISK_FULL") },
    { start: { at: "check", draft: DRAFT.id }, press: ["#primary"] },
  ),
  recorded: submission({}, { snapshot: offline() }),
  "recorded-unsettled": submission({ unsettled: true, attempts: 2 }),
  "recorded-withdrawal-requested": submission({ unsettled: true, withdrawal_requested: true }),
  sending: submission({ status: "sending" }),
  waiting: submission(waiting),
  "waiting-wrong-account": submission(
    {
      ...waiting,
      registration: {
        ...REGISTRATION,
        opened_at: "2026-11-23T14:27:00Z",
        signed_in_at: "2026-11-23T14:28:00Z",
        wrong_account: 1,
        attempts_left: 4,
      },
    },
    { snapshot: snapshotOf({}, { policy: { ...POLICY, presence_required: true } }) },
  ),
  "waiting-copied": submission(waiting, {}, { press: ["#copy-link"] }),
  "link-expired": submission({
    status: "link_expired",
    registration: { ...REGISTRATION, link_expires_at: null, attempts_left: 0, wrong_account: 5 },
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
  "attention-too-old": attention("TOO_OLD", "record_anew"),
  withdrawn: submission({ status: "withdrawn" }),
  removed: submission({ status: "removed", registration: REGISTRATION }),
  withdraw: scene(
    "withdraw",
    { submission: { ...SUBMISSION, unsettled: true } },
    { start: { at: "withdraw", key: SUBMISSION.key } },
  ),
  "outbox-empty": scene("outbox", {}, { start: { at: "outbox", tab: "ready" }, status: "ready" }),
  "outbox-sending": scene(
    "outbox",
    {
      snapshot: snapshotOf({ outbox: counts, sync: { state: "sending", done: 12, total: 40 } }),
      outbox: { counts, drafts: [], submissions: many, total: 3 },
    },
    { start: { at: "outbox", tab: "ready" }, status: "ready" },
  ),
  "outbox-paused": scene(
    "outbox",
    {
      snapshot: offline({ outbox: { ...counts, other_people: 3, other_roles: 12 } }),
      outbox: { counts, drafts: [], submissions: many, total: 240 },
    },
    { start: { at: "outbox", tab: "ready" }, status: "ready" },
  ),
  "outbox-drafts": scene(
    "outbox",
    {
      snapshot: snapshotOf({ outbox: counts }),
      outbox: {
        counts,
        drafts: [
          DRAFT,
          {
            ...COMPLETE_DRAFT,
            id: "018f0000-0000-7000-8000-0000000d0002",
            name: "Mr Tom Ward",
            short_name: "Tom Ward",
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
            name: "Tom Ward",
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
      { outbox: counts, sync: { state: "paused", why: "confirmation_needed", until: null } },
      { to_confirm: 2 },
    ),
    toConfirm: many
      .slice(0, 2)
      .map((item) => ({ ...item, status: "ready_to_send" as const, needs_confirmation: true })),
  }),
  "banner-to-confirm": scene("find", { snapshot: snapshotOf({}, { to_confirm: 2 }) }, { start: { at: "find" } }),
  "idle-warning": scene(
    "find",
    {
      snapshot: snapshotOf({}, { idle_warning_at: "2026-11-23T14:29:50Z", idle_at: "2026-11-23T14:31:50Z" }),
    },
    { start: { at: "find" } },
  ),
  "ends-soon": scene(
    "find",
    { snapshot: snapshotOf({}, { ends_at: "2026-11-23T14:36:00Z" }) },
    { start: { at: "find" } },
  ),
  "profile-gateway-fault": scene(
    "fault",
    { profile: refused("GATEWAY_FAULT", { reference: "6f1d2c3a-11" }) },
    { start: { at: "profile", uuid: PROFILE.uuid } },
  ),
  help: scene("help", {}, { start: { at: "help" } }),
  "this-computer": scene("this-computer", {}, { start: { at: "this-computer" } }),
  "this-computer, copied": scene("this-computer", {}, { start: { at: "this-computer" }, press: ["#copy-diagnostics"] }),
  "this-computer, wrong settings": scene(
    "this-computer",
    {
      thisComputer: {
        ...COMPUTER,
        faults: [
          "idle_minutes in the policy (HKLM\\Software\\Policies\\RADesk) is '240', but must be 5 to 15 minutes. '15' applies instead",
        ],
      },
    },
    { start: { at: "this-computer" } },
  ),
};
