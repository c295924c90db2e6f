// The neutral header: the service's name, who is signed in, and where to go. No NHS logo.

import type { RoleView, Snapshot } from "../bridge";
import { FRAME } from "../content/frame";
import { OFFLINE_FRAME, OFFLINE_WORK } from "../content/offline";
import { roleName } from "../content/people";
import { usePlaces } from "./places";
import { useSearch } from "./search";
import { isAtWork, useLocks, useSession, useShell } from "./session";

/** `goes`: whether it leads to other pages. */
export function Header({ snapshot, goes }: { snapshot: Snapshot; goes: boolean }) {
  const { session, network, outbox } = snapshot;
  const signedIn = isAtWork(session) ? session.person : null;
  const byPin = session.state === "offline";
  return (
    <>
      <button type="button" className="nhsuk-skip-link ra-skip-link" onClick={skip}>
        {FRAME.skip}
      </button>
      <header className="nhsuk-header nhsuk-header--white ra-header">
        {snapshot.practice && (
          <p className="ra-practice" id="practice">
            <strong>{FRAME.practice}</strong> – {FRAME.practiceMade}
          </p>
        )}
        <div className="nhsuk-header__container nhsuk-width-container">
          <div className="nhsuk-header__service">
            <span className="nhsuk-header__service-name">{FRAME.service}</span>
            {network.state === "offline" && (
              <strong className="nhsuk-tag nhsuk-tag--grey ra-offline" id="offline">
                {FRAME.offline}
              </strong>
            )}
          </div>
          {signedIn && <Account name={signedIn.name} role={signedIn.role} changes={goes && !byPin} />}
        </div>
        {goes && (byPin || signedIn?.may_find) && <Navigation waiting={outbox.ready + outbox.attention} />}
      </header>
    </>
  );
}

/** The header where nothing is known yet. */
export function BareHeader() {
  return (
    <header className="nhsuk-header nhsuk-header--white ra-header">
      <div className="nhsuk-header__container nhsuk-width-container">
        <div className="nhsuk-header__service">
          <span className="nhsuk-header__service-name">{FRAME.service}</span>
        </div>
      </div>
    </header>
  );
}

/** `changes`: whether the role can be changed now. */
function Account({ name, role, changes }: { name: string; role: RoleView | null; changes: boolean }) {
  const { signOut, lock } = useSession();
  const { mayLock } = useLocks();
  const { go } = usePlaces();
  return (
    <nav className="nhsuk-header__account" aria-label={FRAME.account}>
      <ul className="nhsuk-header__account-list">
        <li className="nhsuk-header__account-item" id="account">
          <span>
            {name}
            {role && ` · ${roleName(role)} · ${role.organisation_code}`}
          </span>
        </li>
        {changes && (
          <li className="nhsuk-header__account-item">
            <button
              type="button"
              className="nhsuk-header__account-button"
              id="change-role"
              onClick={() => go({ at: "choose-role" })}
            >
              {FRAME.changeRole}
            </button>
          </li>
        )}
        {mayLock && (
          <li className="nhsuk-header__account-item">
            <button type="button" className="nhsuk-header__account-button" id="lock" onClick={() => lock.run()}>
              {OFFLINE_FRAME.lock}
            </button>
          </li>
        )}
        <li className="nhsuk-header__account-item">
          <button type="button" className="nhsuk-header__account-button" id="sign-out" onClick={() => signOut.run()}>
            {signOut.busy ? FRAME.signingOut : FRAME.signOut}
          </button>
        </li>
      </ul>
    </nav>
  );
}

function Navigation({ waiting }: { waiting: number }) {
  const { place, finish } = usePlaces();
  const search = useSearch();
  const items = [
    {
      id: "nav-find",
      text: FRAME.find,
      current: ["find", "results", "none-found", "too-many", "offline"].includes(place.at),
      to: () => {
        search.reset();
        finish({ at: "find" });
      },
    },
    {
      id: "nav-outbox",
      text: `${FRAME.outbox} (${waiting.toLocaleString("en-GB")})`,
      current: place.at === "outbox",
      to: () => finish({ at: "outbox", tab: "ready" }),
    },
  ];
  return (
    <nav className="nhsuk-header__navigation nhsuk-header__navigation--white" aria-label={FRAME.menu}>
      <div className="nhsuk-header__navigation-container nhsuk-width-container">
        <ul className="nhsuk-header__navigation-list">
          {items.map(({ id, text, current, to }) => (
            <li
              className={`nhsuk-header__navigation-item${current ? " nhsuk-header__navigation-item--current" : ""}`}
              key={id}
            >
              <button
                type="button"
                id={id}
                className="nhsuk-header__navigation-link ra-navigation-link"
                aria-current={current ? "page" : undefined}
                onClick={to}
              >
                {current ? <strong className="nhsuk-header__navigation-item-current-fallback">{text}</strong> : text}
              </button>
            </li>
          ))}
        </ul>
      </div>
    </nav>
  );
}

function skip() {
  const heading = document.querySelector<HTMLElement>("main h1, main");
  heading?.focus();
}

interface FooterProps {
  version: string;
  signedIn: boolean;
  /** Whether whoever is here may be prepared to work without a connection. */
  mayPrepare: boolean;
  /** Whether whoever is here may leave kiosk mode. */
  mayLeave: boolean;
}

export function Footer({ version, signedIn, mayPrepare, mayLeave }: FooterProps) {
  const { go, place } = usePlaces();
  const { kiosk, update_installed: update } = useShell();
  return (
    <footer className="ra-footer">
      <div className="nhsuk-width-container ra-footer__inner">
        {signedIn && place.at !== "help" && (
          <button type="button" className="ra-link" id="help" onClick={() => go({ at: "help" })}>
            {FRAME.help}
          </button>
        )}
        {mayPrepare && place.at !== "offline-work" && (
          <button type="button" className="ra-link" id="offline-work" onClick={() => go({ at: "offline-work" })}>
            {OFFLINE_WORK.link}
          </button>
        )}
        {kiosk && mayLeave && place.at !== "leave-kiosk" && (
          <button type="button" className="ra-link" id="leave-kiosk" onClick={() => go({ at: "leave-kiosk" })}>
            {FRAME.leaveKiosk}
          </button>
        )}
        <span className="ra-footer__update" role="status" id="update">
          {update && FRAME.updateInstalled}
        </span>
        <span className="ra-footer__version">{FRAME.version(version)}</span>
      </div>
    </footer>
  );
}
