// Every state of every page, on a made-up desk: what the gallery shows and the page tests walk through.

import {
  AGENT,
  AUDIT,
  COMPLETE_DRAFT,
  COMPUTER,
  CONNECT,
  COUNTS,
  DRAFT,
  PERSON,
  PROFILE,
  RECOVERY,
  ROLES,
  SHELL,
  SMARTCARD,
  SUBMISSION,
  snapshotOf,
  WAITING_ON,
} from "../fake";
import { OFFLINE } from "./offline";
import { OUTBOX } from "./outbox";
import { address, cannotStart, KIOSK, offline, out, profile, refused, type Scene, scene, unsent } from "./parts";
import { SENDING } from "./sending";

export type { Scene } from "./parts";

/** Every scene by its name. */
export const SCENES: Record<string, Scene> = {
  "cannot-start-settings": cannotStart("SETTINGS_WRONG", "The settings name no gateway (gateway_url)."),
  "cannot-start-key-missing": cannotStart("KEY_MISSING", "the store is here but the key store has no key for it"),
  recovered: scene("recovered", { snapshot: out(null), recovery: RECOVERY }),
  "recovered-unknown": scene("recovered", {
    snapshot: out(null),
    recovery: { ...RECOVERY, recovered: 0, to_send: 0, drafts: 0, lost: 0, lost_is_all: false },
  }),
  "recovered-gone": scene("recovered", {
    snapshot: out(null),
    recovery: { ...RECOVERY, set_aside: null, recovered: 0, to_send: 0, drafts: 0, lost: 0, lost_is_all: false },
  }),
  "recovered-not-saved": scene(
    "recovered",
    { snapshot: out(null), recovery: RECOVERY, acknowledgeRecovery: refused("STORE_FAILED") },
    { press: ["#primary"] },
  ),
  // What somebody else has read: it is told to each RA user.
  "recovered-signed-in": scene("recovered", { recovery: { ...RECOVERY, kept_until: "2027-02-21T14:30:00Z" } }),
  audit: scene("audit", {}, { start: { at: "audit" }, status: "intact" }),
  "audit-saved": scene("audit", {}, { start: { at: "audit" }, press: ["#save"] }),
  "audit-not-saved": scene(
    "audit",
    { saveAudit: refused("FOLDER_NOT_WRITABLE") },
    { start: { at: "audit" }, press: ["#save"] },
  ),
  "audit-kiosk": scene("audit", { shell: KIOSK }, { start: { at: "audit" } }),
  "audit-broken": scene(
    "audit",
    { checkAudit: { ...AUDIT, first_bad: 4_212, why: "older_copy" } },
    { start: { at: "audit" }, status: "broken" },
  ),
  "audit-differs": scene(
    "audit",
    { checkAudit: { ...AUDIT, differs: true } },
    { start: { at: "audit" }, status: "differs" },
  ),
  "audit-asked": scene(
    "audit",
    { checkAudit: { ...AUDIT, rows: 12, first_bad: 13, why: "missing", asked: true } },
    { start: { at: "audit" }, status: "broken" },
  ),
  "audit-follows": scene(
    "audit",
    {
      checkAudit: {
        ...AUDIT,
        rows: 2,
        countersigned: null,
        countersigned_at: null,
        before: { device: "0d1f2a3b-4c5d-4e6f-8a7b-9c0d1e2f3a4b", rows: 4_211, why: "damaged" },
      },
    },
    { start: { at: "audit" } },
  ),
  "audit-not-begun": scene(
    "audit",
    { checkAudit: { ...AUDIT, signs: false }, beginNewAudit: refused("NOT_PERMITTED") },
    { start: { at: "audit" }, press: ["#begin"] },
  ),
  "sign-in": scene("sign-in", { snapshot: out(null) }),
  "sign-in-organisation": scene("sign-in", {
    snapshot: out(null),
    shell: { ...SHELL, organisation: "Hillside Community Trust" },
  }),
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
  "find-unsent": scene("find", {
    snapshot: snapshotOf({ outbox: { ...COUNTS, ready: 2 } }),
    shell: { ...SHELL, not_kept: "forgets" },
  }),
  "leave-kiosk-unsent": scene(
    "leave-kiosk",
    { snapshot: snapshotOf({ outbox: { ...COUNTS, ready: 1 } }), shell: { ...KIOSK, not_kept: "forgets" } },
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
  "sign-in-unreachable": scene("sign-in", {
    snapshot: { ...out(null), network: { state: "offline", why: "name_not_found" } },
  }),
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
  ...OFFLINE,
  ...SENDING,
  ...OUTBOX,
  "banner-to-confirm": scene("find", { snapshot: snapshotOf({}, { to_confirm: 2 }) }, { start: { at: "find" } }),
  "no-second-copy": scene(
    "find",
    { snapshot: snapshotOf({ outbox: { ...COUNTS, ready: 2 }, second_copy: { count: 1, why: "away" } }) },
    { start: { at: "find" } },
  ),
  "no-second-copy-slow": scene("find", { snapshot: snapshotOf({ second_copy: { count: null, why: "slow" } }) }),
  "no-second-copy-next": scene("find", { snapshot: snapshotOf({ second_copy: { count: 0, why: "key_changed" } }) }),
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
  "waiting-elsewhere": scene(
    "waiting-elsewhere",
    {
      waitingElsewhere: {
        more: true,
        waiting: [
          WAITING_ON,
          {
            ...WAITING_ON,
            computer: "LAPTOP-0102",
            here: true,
            own: false,
            author: "Tom Ward",
            role: null,
            unsent: 1,
            attention: 2,
          },
          {
            ...WAITING_ON,
            computer: "Computer 018f0000",
            revoked: true,
            imported: 3,
            imported_at: "2026-11-22T11:00:00Z",
          },
        ],
      },
    },
    { start: { at: "waiting-elsewhere" } },
  ),
  "waiting-elsewhere-none": scene("waiting-elsewhere", {}, { start: { at: "waiting-elsewhere" } }),
  "waiting-elsewhere-offline": scene(
    "offline",
    { waitingElsewhere: refused("OFFLINE"), snapshot: offline() },
    { start: { at: "waiting-elsewhere" } },
  ),
  "this-computer": scene("this-computer", {}, { start: { at: "this-computer" } }),
  "this-computer-copied": scene("this-computer", {}, { start: { at: "this-computer" }, press: ["#copy-diagnostics"] }),
  "this-computer-recovered": scene(
    "this-computer",
    {
      recoveries: [
        { ...RECOVERY, found_at: "2026-09-02T08:00:00Z", deleted_at: "2026-10-05T08:10:00Z" },
        {
          ...RECOVERY,
          lost: 0,
          lost_is_all: false,
          kept_until: "2026-12-23T14:30:00Z",
          waits_for_readers: false,
        },
      ],
    },
    { start: { at: "this-computer" } },
  ),
  "this-computer-wrong-settings": scene(
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
