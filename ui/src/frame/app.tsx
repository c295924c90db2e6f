// Which page is shown: first what stands in the way of working at all, then where the RA user is.

import { type ReactNode, useCallback, useLayoutEffect, useRef, useState } from "react";
import {
  type Answered,
  type Desk,
  DeskProvider,
  type Snapshot,
  useCommand,
  useHear,
  useKeep,
  useRecovery,
} from "../bridge";
import { STARTING } from "../content/signing-in";
import { CannotStart } from "../routes/cannot-start";
import { ChooseRole } from "../routes/choose-role";
import { ConfirmIdentity } from "../routes/confirm-identity";
import { NoAccess } from "../routes/no-access";
import { Locked, NeedsSignIn } from "../routes/offline";
import { SignIn, SigningIn } from "../routes/sign-in";
import { Recovered } from "../routes/upkeep";
import { Boundary } from "./boundary";
import { BareHeader, Footer, Header } from "./header";
import { IdleWatch } from "./idle";
import { LeftContext, nothingLeft } from "./left";
import { CloseRefusedBanner, ConfirmBanner, NoSecondCopyBanner, OfflineBanner, Pages, useShortcuts } from "./pages";
import { type Place, PlacesProvider, usePlaces } from "./places";
import { SearchProvider } from "./search";
import { AnnounceProvider, isAtWork, SessionProvider, SnapshotContext, useSession } from "./session";
import { SignOutGuard, UnsentBanner } from "./unsent";

export function App({ desk, start }: { desk: Desk; start?: Place }) {
  return (
    <Boundary>
      <DeskProvider desk={desk}>
        <SessionProvider>
          <AnnounceProvider>
            <Started start={start} />
          </AnnounceProvider>
        </SessionProvider>
      </DeskProvider>
    </Boundary>
  );
}

function Started({ start }: { start: Place | undefined }) {
  const startup = useCommand("startup");
  const snapshot = useCommand("snapshot");
  const { changeRole } = useSession();
  const keep = useKeep();
  const session = snapshot.data?.session;
  const state = session?.state;
  const atWork = session !== undefined && isAtWork(session);
  // What one person saw is not kept for the next.
  useLayoutEffect(() => {
    if (state && !atWork) keep.forgetAll();
  }, [state, atWork, keep]);
  const left = useRef(nothingLeft()).current;
  left.atWork = atWork;
  const whose = atWork ? session.person.role?.id : undefined;
  const signedOut = session?.state === "signed_out" && session.why === "signed_out";
  // Whoever has no role yet may be about to take the one they were in.
  if (signedOut || (whose && left.whose !== whose)) {
    left.whose = whose;
    left.stack = [];
    left.forms.clear();
  }
  const moved = useCallback(
    (stack: Place[]) => {
      if (whose) left.stack = stack;
    },
    [whose, left],
  );

  if (startup.fault) {
    return <Stopped answer={startup} />;
  }
  if (startup.data === undefined || (!snapshot.data && !snapshot.fault)) {
    return (
      <p className="nhsuk-width-container ra-starting" role="status">
        {STARTING}
      </p>
    );
  }
  if (!snapshot.data) {
    return <Stopped answer={snapshot} />;
  }
  return (
    <SnapshotContext value={snapshot.data}>
      <PlacesProvider
        key={state}
        start={start ? [start] : firstPlaces(snapshot.data, changeRole.fault !== null, left.stack)}
        onMove={moved}
      >
        <LeftContext value={left}>
          <SearchProvider>
            <SignOutGuard>
              <Framed snapshot={snapshot.data} />
            </SignOutGuard>
          </SearchProvider>
        </LeftContext>
      </PlacesProvider>
    </SnapshotContext>
  );
}

function Stopped({ answer }: { answer: Answered<unknown> }) {
  return (
    <div className="ra-frame">
      <BareHeader />
      <div className="ra-frame__page">
        {answer.fault && <CannotStart fault={answer.fault} again={answer.again} busy={answer.asking} />}
      </div>
    </div>
  );
}

/** Results are not kept for whoever comes back: the search is asked again. */
const NOT_GONE_BACK_TO: Place["at"][] = ["results", "none-found", "too-many", "offline"];
/** What can be done by PIN alone. */
const BY_PIN: Place["at"][] = [
  "address",
  "identity",
  "check",
  "submission",
  "withdraw",
  "outbox",
  "offline-work",
  "help",
  "this-computer",
  "audit",
  "leave-kiosk",
];

function firstPlaces({ session }: Snapshot, roleNotChanged: boolean, left: Place[]): Place[] {
  if (!isAtWork(session)) return [{ at: "find" }];
  if (roleNotChanged) return [{ at: "choose-role" }];
  const back = session.person.role ? left : [];
  const places = back.filter(({ at }) => !NOT_GONE_BACK_TO.includes(at) && at !== "confirm-recorded");
  if (session.state === "offline") {
    const works = places.filter(({ at }) => BY_PIN.includes(at));
    return works.length > 0 ? works : [{ at: "outbox", tab: "drafts" }];
  }
  if (session.to_confirm > 0 && session.person.may_register) return [...places, { at: "confirm-recorded" }];
  return places.length > 0 ? places : [{ at: "find" }];
}

function Framed({ snapshot }: { snapshot: Snapshot }) {
  const { session } = snapshot;
  const { place, go } = usePlaces();
  const [closeRefused, setCloseRefused] = useState(false);
  const signedIn = session.state === "signed_in";
  const atWork = isAtWork(session);
  const mayLeave = session.state === "offline" || (signedIn && session.person.may_find);
  useHear((what) => {
    if (what !== "close_asked") return;
    if (!mayLeave) setCloseRefused(true);
    else if (place.at !== "leave-kiosk") go({ at: "leave-kiosk" });
  });
  const recovery = useRecovery(signedIn);
  const [wentOn, setWentOn] = useState(false);
  let page: ReactNode;
  // Before anything else: who works on here must know what is missing.
  const tells = recovery.data && !wentOn && !["help", "leave-kiosk"].includes(place.at);
  if (recovery.data && tells) {
    page = <Recovered recovery={recovery.data} done={recovery.again} goOn={() => setWentOn(true)} />;
  } else if (signedIn && recovery.data === undefined && !recovery.fault)
    page = null; // No page comes before this RA user was told.
  else if (session.state === "signed_out") page = <SignIn why={session.why} />;
  else if (session.state === "locked") page = <Locked {...session} />;
  else if (session.state === "signing_in") page = <SigningIn />;
  else if (session.state === "confirming") page = <ConfirmIdentity person={session.person} />;
  else if (session.state === "offline") page = BY_PIN.includes(place.at) ? <Pages /> : <NeedsSignIn />;
  else if (!session.person.may_find && !["help", "this-computer", "audit"].includes(place.at)) {
    const some = session.person.roles.some((role) => role.access !== "none");
    page = some ? <ChooseRole /> : <NoAccess />;
  } else page = <Pages />;

  useShortcuts(atWork && !tells && (!signedIn || session.person.may_find));
  return (
    <div className="ra-frame">
      <Header snapshot={snapshot} goes={!tells} />
      <div className="ra-frame__page">
        {atWork && <IdleWatch />}
        {closeRefused && <CloseRefusedBanner />}
        {signedIn && session.to_confirm > 0 && place.at !== "confirm-recorded" && (
          <ConfirmBanner count={session.to_confirm} />
        )}
        {session.state === "offline" && <OfflineBanner name={session.person.name} until={session.until} />}
        {atWork && <UnsentBanner />}
        {atWork && snapshot.second_copy && <NoSecondCopyBanner {...snapshot.second_copy} />}
        {page}
      </div>
      <Footer
        version={snapshot.version}
        signedIn={atWork}
        mayPrepare={signedIn && session.person.may_register}
        mayLeave={mayLeave}
      />
    </div>
  );
}
