// What can be wrong on the way to the RA service: what happened, and what to do next.

import type { Code, NetworkFault } from "../bridge";

const IT_DESK = "If it goes on, tell your IT service desk";

export const NETWORK_FAULTS: Record<NetworkFault, { heading: string; why: string; next: string }> = {
  no_connection: {
    heading: "There is no connection",
    why: "This computer has no connection to the RA service.",
    next: "Check the network cable or the wireless network. RA Desk tries again by itself.",
  },
  name_not_found: {
    heading: "The RA service was not found on this network",
    why: "Nobody on this network knows the RA service’s name. The computer may be on a guest network, or not connected.",
    next: "Check that you are on your organisation’s network, or that its VPN is on. RA Desk tries again by itself.",
  },
  refused: {
    heading: "The RA service is not running",
    why: "The RA service’s computer was reached, but nothing answers there.",
    next: `RA Desk tries again by itself. ${IT_DESK}.`,
  },
  timed_out: {
    heading: "The RA service did not answer in time",
    why: "The RA service did not answer in time. The network may be slow, or something on it holds RA Desk up.",
    next: `RA Desk tries again by itself. ${IT_DESK}.`,
  },
  pac_failed: {
    heading: "RA Desk could not find out how to get through this network",
    why: "This computer’s proxy settings, or the file that holds them, could not be used.",
    next: "RA Desk tries again by itself. If it goes on, tell your IT service desk that the proxy settings (PAC file) cannot be used.",
  },
  proxy_unreachable: {
    heading: "The network’s proxy does not answer",
    why: "The proxy that lets programs out of this network does not answer.",
    next: "Check that you are on your organisation’s network. RA Desk tries again by itself.",
  },
  proxy_refused: {
    heading: "The network’s proxy does not let RA Desk through",
    why: "The proxy on this network forbids the way to the RA service.",
    next: "Ask your IT service desk to let RA Desk reach the servers listed here.",
  },
  proxy_cannot_reach: {
    heading: "The network’s proxy cannot reach the RA service",
    why: "The proxy on this network answers, but it cannot reach the RA service.",
    next: `RA Desk tries again by itself. ${IT_DESK}.`,
  },
  proxy_sign_in: {
    heading: "The network asks for a sign-in",
    why: "A proxy on this network wants a user name and password before it lets RA Desk through.",
    next: "Enter them here. They are often the ones you use for Windows. RA Desk keeps them only until you sign out or it is closed.",
  },
  proxy_sign_in_refused: {
    heading: "The network did not accept the user name or password",
    why: "The proxy on this network did not accept the user name and password.",
    next: "Enter them again. Several wrong attempts may lock the account, so ask your IT service desk if you are not sure.",
  },
  proxy_sign_in_unsupported: {
    heading: "RA Desk cannot sign in to this network’s proxy",
    why: "The proxy asks for a kind of sign-in that RA Desk cannot answer.",
    next: "Ask your IT service desk to let RA Desk reach the servers listed here without a proxy sign-in.",
  },
  certificate_not_trusted: {
    heading: "RA Desk could not trust the connection",
    why: "The certificate of the server is signed by somebody this computer does not trust, so nothing was sent. Something on the network may be opening the connection.",
    next: "Tell your IT service desk. They can see who signed the certificate with ra-desk doctor.",
  },
  certificate_out_of_date: {
    heading: "The server’s certificate is not valid today",
    why: "By this computer’s clock, the certificate has expired or is not valid yet. Nothing was sent.",
    next: "Check that the date and time of this computer are right. If they are, tell your IT service desk.",
  },
  certificate_other_name: {
    heading: "The server’s certificate is for another name",
    why: "Whoever answered showed a certificate that belongs to another server, so nothing was sent.",
    next: "If you are on a guest network, open your browser and finish its log-in page. If not, tell your IT service desk.",
  },
  certificate_revoked: {
    heading: "The server’s certificate was withdrawn",
    why: "The certificate of the server was revoked, so it is no longer trusted and nothing was sent.",
    next: "Tell your IT service desk. Do not try to go around this.",
  },
  revocation_unknown: {
    heading: "The server’s certificate could not be checked",
    why: "This computer could not find out whether the certificate was revoked, so nothing was sent.",
    next: "RA Desk tries again by itself. If it goes on, tell your IT service desk that revocation cannot be checked from here.",
  },
  not_our_server: {
    heading: "Something else answered",
    why: "What answered is not the RA service. It may be the log-in page of a guest network.",
    next: "Open your browser and finish the network’s log-in page if there is one. Then try again.",
  },
  busy: {
    heading: "The RA service is busy",
    why: "The RA service is busy and asked RA Desk to wait a little.",
    next: "RA Desk tries again by itself.",
  },
};

/** The same faults as what an act came to. */
export const FAULT_OF_CODE: ReadonlyMap<Code, NetworkFault> = new Map<Code, NetworkFault>([
  ["OFFLINE", "no_connection"],
  ["NAME_NOT_FOUND", "name_not_found"],
  ["CONNECTION_REFUSED", "refused"],
  ["TIMED_OUT", "timed_out"],
  ["PAC_FAILED", "pac_failed"],
  ["PROXY_UNREACHABLE", "proxy_unreachable"],
  ["PROXY_REFUSED", "proxy_refused"],
  ["PROXY_CANNOT_REACH", "proxy_cannot_reach"],
  ["PROXY_SIGN_IN", "proxy_sign_in"],
  ["PROXY_SIGN_IN_REFUSED", "proxy_sign_in_refused"],
  ["PROXY_SIGN_IN_UNSUPPORTED", "proxy_sign_in_unsupported"],
  ["CERTIFICATE_NOT_TRUSTED", "certificate_not_trusted"],
  ["CERTIFICATE_OUT_OF_DATE", "certificate_out_of_date"],
  ["CERTIFICATE_OTHER_NAME", "certificate_other_name"],
  ["CERTIFICATE_REVOKED", "certificate_revoked"],
  ["REVOCATION_UNKNOWN", "revocation_unknown"],
  ["NOT_OUR_SERVER", "not_our_server"],
  ["BUSY", "busy"],
]);

/** Faults that an IT desk mends by letting named servers through. */
export const NAMES_SERVERS: ReadonlySet<NetworkFault> = new Set<NetworkFault>([
  "proxy_refused",
  "proxy_sign_in_unsupported",
]);

/** Faults that a user name and a password mend. */
export const ASKS_PROXY_SIGN_IN: ReadonlySet<NetworkFault> = new Set<NetworkFault>([
  "proxy_sign_in",
  "proxy_sign_in_refused",
]);

export const PROXY_SIGN_IN = {
  heading: "Sign in to the network’s proxy",
  whose: (address: string) =>
    `The proxy that asks is ${address}. If you do not know it, ask your IT service desk before you go on.`,
  readable:
    "The connection to this proxy is not encrypted, so others on the network may be able to read the password on its way there. If you are not sure, ask your IT service desk before you enter it.",
  name: "User name",
  password: "Password",
  kept: "RA Desk keeps these in memory only. It forgets them when you sign out, when your session ends, when it is closed, or when the proxy refuses them.",
  button: "Sign in to the proxy",
  busy: "Signing in to the proxy",
  done: "The proxy let RA Desk through. You can go on.",
};
