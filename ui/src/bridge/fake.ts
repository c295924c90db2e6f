// A made-up desk for tests and for the gallery of pages. Never part of the app's own bundle.
//
// Every person, number and address in it is invented.

import type {
  AuditView,
  AuthenticatorView,
  Changed,
  ComputerView,
  DraftView,
  Fault,
  OfflinePersonView,
  OfflineView,
  OutboxCounts,
  PersonRow,
  PersonView,
  PolicyView,
  ProfileView,
  RecoveryView,
  RegistrationView,
  RoleView,
  ShellView,
  Snapshot,
  SubmissionView,
  WaitingOnView,
} from "./bindings";
import { type Calls, type Desk, FaultError } from "./desk";

export const NOW = "2026-11-23T14:30:00Z";

/** A fault as the desk gives it. */
export function fault(code: Fault["code"], part: Partial<Fault> = {}): Fault {
  return { code, message: "", fields: [], reference: null, ...part };
}

export const AGENT: RoleView = {
  id: "555254240100",
  name: "Registration Authority Agent",
  ra_role: "ra_agent",
  organisation_name: "Riverside Surgery",
  organisation_code: "B81603",
  access: "register",
  reason: null,
  current: true,
};

export const ROLES: RoleView[] = [
  AGENT,
  {
    ...AGENT,
    id: "555254240101",
    name: "Registration Authority Manager",
    ra_role: "ra_manager",
    organisation_name: "Hillside Community Trust",
    organisation_code: "RX9",
    current: false,
  },
  {
    ...AGENT,
    id: "555254240102",
    name: "Sponsor",
    ra_role: "sponsor",
    organisation_name: "Meadow Lane Pharmacy",
    organisation_code: "FX123",
    access: "look_only",
    current: false,
  },
  {
    ...AGENT,
    id: "555254240103",
    name: "Clinical Practitioner Access Role",
    ra_role: "other",
    access: "none",
    reason: "not_an_ra_role",
    current: false,
  },
  {
    ...AGENT,
    id: "555254240104",
    organisation_name: "Far Valley Hospital",
    organisation_code: "RZZ01",
    access: "none",
    reason: "organisation_not_served",
    current: false,
  },
];

export const PERSON: PersonView = {
  name: "Priya Nair",
  role: AGENT,
  roles: ROLES,
  may_register: true,
  may_find: true,
};

/** An RA manager of the organisation that [`AGENT`] is of: who takes over what others recorded. */
export const MANAGER: PersonView = {
  ...PERSON,
  name: "Margaret Ellison",
  role: {
    ...AGENT,
    id: "555254240105",
    name: "Registration Authority Manager",
    ra_role: "ra_manager",
  },
};

export const POLICY: PolicyView = {
  mail_domains: ["nhs.net"],
  link_lifetime_minutes: 10_080,
  presence_required: false,
  queue_age_days: 14,
  declaration: {
    version: "1",
    sentences: [
      "I am the person this Care Identity profile belongs to.",
      "The NHS.net Connect account is mine, and nobody else signs in with it.",
      "I will keep it private, lock my device when I leave it, and tell my Registration Authority at once if somebody else may be using it.",
      "I accept the terms and conditions of the Care Identity Service.",
    ],
  },
};

export const COUNTS: OutboxCounts = {
  drafts: 0,
  ready: 0,
  waiting: 0,
  attention: 0,
  done: 0,
  other_people: 0,
  other_roles: 0,
};

/** What is the RA user's own and in their role is ready to be sent, but for what waits to be confirmed. */
export function snapshotOf(
  part: Partial<Snapshot> = {},
  session: { to_confirm?: number; [name: string]: unknown } = {},
): Snapshot {
  const { ready, other_roles } = part.outbox ?? COUNTS;
  return {
    version: "0.1.0",
    practice: false,
    session: {
      state: "signed_in",
      person: PERSON,
      policy: POLICY,
      idle_at: "2026-11-23T14:45:00Z",
      idle_warning_at: "2026-11-23T14:43:00Z",
      ends_at: "2026-11-24T02:00:00Z",
      to_confirm: 0,
      to_send: Math.max(0, ready - other_roles - (session.to_confirm ?? 0)),
      ...session,
    },
    network: { state: "online" },
    outbox: COUNTS,
    sync: { state: "idle" },
    second_copy: null,
    servers: ["gateway.example:443", "issuer.example:443"],
    proxy_asking: null,
    ...part,
  };
}

/** Somebody who has a PIN. */
export const HAS_PIN: OfflinePersonView = {
  uuid: "555086680001",
  name: PERSON.name,
  role: "RA Agent, B81603",
  until: "2026-11-26T14:30:00Z",
  ended: null,
  tries_left: 10,
  wait_until: null,
};

export const NOT_PREPARED: OfflineView = { set_up: false, until: null, may_set: true, not_kept: null };
export const PREPARED: OfflineView = { ...NOT_PREPARED, set_up: true, until: HAS_PIN.until };

/** Somebody at work by PIN. */
export function offlineOf(part: Partial<Snapshot> = {}): Snapshot {
  return snapshotOf({
    session: {
      state: "offline",
      person: { ...PERSON, roles: [AGENT], may_find: false },
      policy: POLICY,
      until: HAS_PIN.until,
      idle_at: "2026-11-23T14:45:00Z",
      idle_warning_at: "2026-11-23T14:43:00Z",
      ends_at: "2026-11-24T02:00:00Z",
    },
    network: { state: "offline", why: "no_connection" },
    outbox: { ...COUNTS, drafts: 1, ready: 2 },
    sync: { state: "paused", why: "sign_in_needed", until: null },
    ...part,
  });
}

export const SMARTCARD: AuthenticatorView = {
  id: "018f0000-0000-7000-8000-00000000a001",
  kind: "smartcard",
  level: 3,
  state: "linked",
  address: null,
  added_at: "2019-03-04T09:00:00Z",
  added_by: null,
  last: false,
};

export const CONNECT: AuthenticatorView = {
  id: "018f0000-0000-7000-8000-00000000a002",
  kind: "nhs_net_connect",
  level: 2,
  state: "linked",
  address: "s.smythe3@nhs.net",
  added_at: "2025-06-12T10:15:00Z",
  added_by: "Priya Nair",
  last: true,
};

export const PROFILE: ProfileView = {
  uuid: "555086689106",
  name: "Dr Siobhán Máire O’Connor-Smythe",
  short_name: "Siobhán O’Connor-Smythe",
  birth_date: "1985-03-27",
  status: "active",
  email: "siobhan.oconnor-smythe@nhs.net",
  nino_held: false,
  positions: [
    { code: "B81603", name: "Riverside Surgery" },
    { code: "RX9", name: "Hillside Community Trust" },
  ],
  authenticators: [],
  warnings: ["NINO_MISSING"],
  refusal: null,
  may_register: true,
  read_at: "2026-11-23T14:29:00Z",
  draft: null,
  submission: null,
};

export const PEOPLE: PersonRow[] = [
  {
    uuid: "555086689106",
    name: "Dr Siobhán Máire O’Connor-Smythe",
    birth_date: "1985-03-27",
    status: "active",
    positions: PROFILE.positions,
    authenticators: [],
    matched_by: "exact",
  },
  {
    uuid: "555086681234",
    name: "Mrs Siobhan O’Connor",
    birth_date: "1962-11-02",
    status: "active",
    positions: [{ code: "FX123", name: "Meadow Lane Pharmacy" }],
    authenticators: ["smartcard", "passkey"],
    matched_by: "prefix",
  },
  {
    uuid: "555086685678",
    name: "Shane O’Connell",
    birth_date: null,
    status: "unverified",
    positions: [],
    authenticators: [],
    matched_by: "prefix",
  },
];

export const DRAFT: DraftView = {
  id: "018f0000-0000-7000-8000-0000000d0001",
  uuid: PROFILE.uuid,
  name: PROFILE.name,
  short_name: PROFILE.short_name,
  birth_date: PROFILE.birth_date,
  profile_status: "active",
  suggested_address: "siobhan.oconnor-smythe@nhs.net",
  address: null,
  address_warnings: [],
  address_reason: null,
  method: null,
  documents: [],
  accepted_by: null,
  corrects: null,
  updated_at: "2026-11-23T14:20:00Z",
};

export const COMPLETE_DRAFT: DraftView = {
  ...DRAFT,
  address: "siobhan.oconnor-smythe@nhs.net",
  method: "in_person",
  documents: ["passport", "proof_of_address"],
  accepted_by: "user",
};

export const REGISTRATION: RegistrationView = {
  registered_at: "2026-11-23T14:26:00Z",
  link_expires_at: "2026-11-30T14:26:00Z",
  opened_at: null,
  signed_in_at: null,
  wrong_account: 0,
  attempts_left: 5,
  linked_at: null,
  read_at: "2026-11-23T14:29:30Z",
};

export const SUBMISSION: SubmissionView = {
  key: "018f0000-0000-7000-8000-0000000c0001",
  status: "ready_to_send",
  uuid: PROFILE.uuid,
  name: PROFILE.short_name,
  address: "siobhan.oconnor-smythe@nhs.net",
  recorded_at: "2026-11-23T14:25:00Z",
  recorded_role: "RA Agent, B81603",
  in_this_role: true,
  attempts: 0,
  unsettled: false,
  withdrawal_requested: false,
  needs_confirmation: false,
  attention: null,
  registration: null,
  replaces: null,
  replaced_by: null,
  role_lost: false,
  taken_over: null,
  taken_from: null,
};

export const WAITING_ON: WaitingOnView = {
  computer: "LAPTOP-0417",
  here: false,
  revoked: false,
  heard_at: "2026-11-20T16:40:00Z",
  own: true,
  author: "Priya Nair",
  role: "RA Agent, B81603",
  unsent: 3,
  attention: 0,
  oldest: "2026-11-20T09:12:00Z",
  imported: 0,
  imported_at: null,
};

/** A picture that is shaped like a QR code and leads nowhere. */
export const QR = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 29 29" shape-rendering="crispEdges"><rect width="29" height="29" fill="#fff"/><path d="M4 4h7v7H4zM18 4h7v7h-7zM4 18h7v7H4zM13 5h2v2h-2zM13 9h3v1h-3zM12 13h2v2h-2zM16 12h3v2h-3zM21 13h2v3h-2zM13 17h2v4h-2zM17 18h3v2h-3zM22 19h3v2h-3zM16 22h4v3h-4zM22 23h2v2h-2zM5 13h3v2H5z" fill="#000"/><path d="M5 5h5v5H5zM19 5h5v5h-5zM5 19h5v5H5z" fill="#fff"/><path d="M6 6h3v3H6zM20 6h3v3h-3zM6 20h3v3H6z" fill="#000"/></svg>`;

/** An ordinary window on an ordinary computer. */
export const SHELL: ShellView = { kiosk: false, organisation: null, update_installed: false, not_kept: null };

type Answers = { [Name in keyof Calls]?: Calls[Name] | Awaited<ReturnType<Calls[Name]>> | FaultError | "never" };

export const COMPUTER: ComputerView = {
  settings: [
    {
      name: "gateway_url",
      title: "Address of the gateway",
      value: "https://ra-gateway.trust.example/",
      from: "policy",
      place: "HKLM\\Software\\Policies\\RADesk",
    },
    { name: "organisation", title: "Name of the organisation", value: null, from: "built_in", place: "" },
    { name: "kiosk", title: "Kiosk mode", value: "true", from: "installer", place: "HKLM\\Software\\RADesk" },
    {
      name: "zoom_percent",
      title: "Size of text and controls",
      value: "150",
      from: "user",
      place: "%USERPROFILE%\\AppData\\Roaming\\uk.ra-desk.desktop\\settings.toml",
    },
  ],
  faults: [],
};

export const RECOVERY: RecoveryView = {
  found_at: "2026-11-23T08:02:00Z",
  set_aside: "C:\\Users\\priya\\AppData\\Local\\uk.ra-desk.desktop\\set-aside-2026-11-23T080200Z",
  recovered: 48,
  to_send: 3,
  lost: 2,
  lost_is_all: true,
  drafts: 1,
  kept_until: null,
  waits_for_readers: true,
  deleted_at: null,
};

export const AUDIT: AuditView = {
  rows: 4_211,
  first_bad: null,
  why: null,
  countersigned: 4_208,
  countersigned_at: "2026-11-23T14:28:00Z",
  differs: false,
  key_known: true,
  signs: true,
  asked: false,
  before: null,
};

export interface FakeDesk extends Desk {
  /** What was called, with what. */
  log: [name: string, ...args: unknown[]][];
  /** Changes answers and tells the pages. */
  change(answers: Answers, what?: Changed): void;
}

/** A desk that gives these answers; what is not given has a plain one. */
export function fakeDesk(given: Answers = {}): FakeDesk {
  const log: FakeDesk["log"] = [];
  const listeners = new Set<(what: Changed) => void>();
  const touch = async () => answers.snapshot as Snapshot;
  let answers: Answers = { ...plainAnswers(), touch, ...given };
  const names = Object.keys(plainAnswers()) as (keyof Calls)[];
  const call =
    (name: keyof Calls) =>
    async (...args: unknown[]) => {
      log.push([name, ...args]);
      const answer: unknown = answers[name];
      if (answer instanceof FaultError) throw answer;
      if (answer === "never") return new Promise(() => {});
      return typeof answer === "function" ? answer(...args) : answer;
    };
  return {
    log,
    calls: Object.fromEntries(names.map((name) => [name, call(name)])) as unknown as Calls,
    onChanged(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    change(next, what = "session") {
      answers = { ...answers, ...next };
      for (const listener of listeners) listener(what);
    },
  };
}

function plainAnswers(): Required<Answers> {
  const snapshot = snapshotOf();
  return {
    startup: null,
    snapshot,
    signIn: snapshot,
    cancelSignIn: null,
    confirmIdentity: snapshot,
    changeRole: snapshot,
    signOut: snapshotOf({ session: { state: "signed_out", why: "signed_out" } }),
    touch: snapshot,
    proxySignIn: snapshot,
    find: { found: "people", people: PEOPLE },
    profile: PROFILE,
    removeAuthenticator: PROFILE,
    startDraft: DRAFT,
    draft: DRAFT,
    setDraftAddress: (_id, form) =>
      Promise.resolve({ ...DRAFT, address: form.address, address_reason: form.reason || null }),
    setDraftIdentity: (_id, form) => Promise.resolve({ ...COMPLETE_DRAFT, ...form }),
    discardDraft: null,
    restoreDraft: DRAFT,
    record: SUBMISSION,
    outbox: { counts: COUNTS, drafts: [], submissions: [], total: 0, waits: [] },
    submission: SUBMISSION,
    withdraw: { ...SUBMISSION, status: "withdrawn" },
    takeOver: 3,
    correct: { ...COMPLETE_DRAFT, corrects: SUBMISSION.key },
    confirmRecorded: snapshot,
    toConfirm: [],
    sendNow: null,
    linkQr: QR,
    copyLink: null,
    freshLink: { ...SUBMISSION, status: "waiting_for_them", registration: REGISTRATION },
    watchRegistration: null,
    waitingElsewhere: { waiting: [], more: false },
    offline: NOT_PREPARED,
    setPin: PREPARED,
    removePin: NOT_PREPARED,
    offlinePeople: [],
    workOffline: offlineOf(),
    lock: snapshotOf({ session: { state: "locked", name: PERSON.name, person: HAS_PIN, unknown: false } }),
    unlock: offlineOf(),
    shell: SHELL,
    thisComputer: COMPUTER,
    copyDiagnostics: null,
    leaveKiosk: null,
    recovery: null,
    recoveries: [],
    acknowledgeRecovery: null,
    checkAudit: AUDIT,
    saveAudit: {
      path: "C:\\Users\\priya\\Documents\\ra-desk-audit-2026-11-23T143000Z.csv",
      rows: 4_211,
      last_at: "2026-11-23T14:29:58Z",
    },
    beginNewAudit: null,
  };
}
