// Words for roles, documents, methods, authenticators and reasons.

import type {
  AuthenticatorKind,
  AuthenticatorState,
  DeclarationAcceptedBy,
  DocumentKind,
  IdentityCheckMethod,
  RaRole,
  RemovalReason,
  RoleView,
} from "../bridge";
import type { TagColour } from "./status";

export const RA_ROLES: Record<RaRole, string> = {
  ra_manager: "RA Manager",
  ra_agent_advanced: "RA Agent (Advanced)",
  ra_agent: "RA Agent",
  sponsor: "Sponsor",
  id_checker: "RA Agent ID Checker",
  local_smartcard_administrator: "Local Smartcard Administrator",
  other: "Not an RA role",
};

/** RA Desk’s word for a role; a role outside the RA is called by its national name. */
export function roleName(role: RoleView): string {
  return role.ra_role === "other" ? role.name : RA_ROLES[role.ra_role];
}

export const AUTHENTICATORS: Record<AuthenticatorKind, { name: string; short: string }> = {
  nhs_net_connect: { name: "NHS.net Connect (formerly NHSmail)", short: "NHS.net Connect" },
  smartcard: { name: "Smartcard", short: "Smartcard" },
  windows_hello: { name: "Windows Hello for Business", short: "Windows Hello" },
  security_key: { name: "Security key", short: "Security key" },
  ipad_app: { name: "iPad app", short: "iPad app" },
  authenticator_app: { name: "Authenticator app", short: "Authenticator app" },
  passkey: { name: "Passkey", short: "Passkey" },
};

export const AUTHENTICATOR_STATE: Record<AuthenticatorState, { word: string; colour: TagColour }> = {
  waiting_for_them: { word: "Waiting for them", colour: "yellow" },
  link_expired: { word: "Link expired", colour: "orange" },
  linked: { word: "Linked", colour: "green" },
};

export const METHODS: Record<IdentityCheckMethod, { label: string; hint?: string }> = {
  in_person: { label: "In person", hint: "They are here with you." },
  video: { label: "By video", hint: "Only for a profile whose identity was verified before." },
  keyed_from_paper: {
    label: "In person, written on paper",
    hint: "You are typing in a numbered paper form that was filled in face to face.",
  },
};

export const DOCUMENTS: Record<DocumentKind, { label: string; hint?: string }> = {
  passport: { label: "Passport" },
  driving_licence: { label: "Photocard driving licence" },
  residence_permit: { label: "Biometric residence permit or eVisa share code" },
  forces_id: { label: "HM Forces identity card" },
  pass_card: { label: "PASS proof-of-age card" },
  proof_of_address: { label: "Proof of address", hint: "For example, a utility bill or bank statement." },
  profile_photo: { label: "The photo on their profile", hint: "You compared it with the person." },
};

export const ACCEPTED_BY: Record<
  DeclarationAcceptedBy,
  { label: (name: string) => string; answer: (name: string) => string }
> = {
  user: {
    label: (name) => `${name} read and accepted it, on screen or on paper`,
    answer: (name) => `${name}, on screen or on paper`,
  },
  ra_user_for_them: {
    label: (name) => `I read it out and ${name} accepted it aloud`,
    answer: (name) => `${name} said it aloud, I entered it`,
  },
};

export const REMOVAL_REASONS: Record<RemovalReason, string> = {
  leaver: "They have left",
  lost_or_stolen_device: "Their device is lost or stolen",
  replacement: "It is replaced by another way to sign in",
  security_concern: "There is a security concern",
  user_request: "They asked for it to be removed",
};
