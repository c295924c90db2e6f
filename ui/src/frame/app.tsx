// Which page is shown: first what stands in the way of working at all, then where the RA user is.

import { type ReactNode, useLayoutEffect, useState } from "react";
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
import { SignIn, SigningIn } from "../routes/sign-in";
import { Recovered } from "../routes/upkeep";
import { Boundary } from "./boundary";
import { BareHeader, Footer, Header } from "./header";
import { IdleWatch } from "./idle";
import { CloseRefusedBanner, ConfirmBanner, NoSecondCopyBanner, Pages, useShortcuts } from "./pages";
import { type Place, PlacesProvider, usePlaces } from "./places";
import { SearchProvider } from "./search";
import { AnnounceProvider, SessionProvider, SnapshotContext, useSession } from "./session";
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
  const state = snapshot.data?.session.state;
  // What one person saw is not kept for the next.
  useLayoutEffect(() => {
    if (state && state !== "signed_in") keep.forgetAll();
  }, [state, keep]);

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
      <PlacesProvider key={state} start={start ?? firstPlace(snapshot.data, changeRole.fault !== null)}>
        <SearchProvider>
          <SignOutGuard>
            <Framed snapshot={snapshot.data} />
          </SignOutGuard>
        </SearchProvider>
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

function firstPlace({ session }: Snapshot, roleNotChanged: boolean): Place {
  if (session.state !== "signed_in") return { at: "find" };
  if (roleNotChanged) return { at: "choose-role" };
  if (session.to_confirm > 0 && session.person.may_register) return { at: "confirm-recorded" };
  return { at: "find" };
}

function Framed({ snapshot }: { snapshot: Snapshot }) {
  const { session } = snapshot;
  const { place, go } = usePlaces();
  const [closeRefused, setCloseRefused] = useState(false);
  const mayLeave = session.state === "signed_in" && session.person.may_find;
  useHear((what) => {
    if (what !== "close_asked") return;
    if (!mayLeave) setCloseRefused(true);
    else if (place.at !== "leave-kiosk") go({ at: "leave-kiosk" });
  });
  const signedIn = session.state === "signed_in";
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
  else if (session.state === "signing_in") page = <SigningIn />;
  else if (session.state === "confirming") page = <ConfirmIdentity person={session.person} />;
  else if (!session.person.may_find && !["help", "this-computer", "audit"].includes(place.at)) {
    const some = session.person.roles.some((role) => role.access !== "none");
    page = some ? <ChooseRole /> : <NoAccess />;
  } else page = <Pages />;

  useShortcuts(signedIn && !tells && session.person.may_find);
  return (
    <div className="ra-frame">
      <Header snapshot={snapshot} goes={!tells} />
      <div className="ra-frame__page">
        {signedIn && <IdleWatch />}
        {closeRefused && <CloseRefusedBanner />}
        {signedIn && session.to_confirm > 0 && place.at !== "confirm-recorded" && (
          <ConfirmBanner count={session.to_confirm} />
        )}
        {signedIn && <UnsentBanner />}
        {signedIn && snapshot.second_copy && <NoSecondCopyBanner {...snapshot.second_copy} />}
        {page}
      </div>
      <Footer version={snapshot.version} signedIn={signedIn} mayLeave={mayLeave} />
    </div>
  );
}
