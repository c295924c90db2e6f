// The pages of somebody who is signed in and may find people.

import { useLayoutEffect } from "react";
import type { NoSecondCopyView } from "../bridge";
import { explain } from "../content/codes";
import { SECOND_COPY } from "../content/elsewhere";
import { CLOSE_ASKED } from "../content/frame";
import { NOTHING_SENT, OFFLINE_FRAME } from "../content/offline";
import { CONFIRM_RECORDED } from "../content/signing-in";
import { Banner, ButtonLink } from "../nhs";
import { Address } from "../routes/address";
import { Check } from "../routes/check";
import { ChooseRole } from "../routes/choose-role";
import { ConfirmRecorded } from "../routes/confirm-recorded";
import { Find } from "../routes/find";
import { Help } from "../routes/help";
import { Identity } from "../routes/identity";
import { LeaveKiosk } from "../routes/leave-kiosk";
import { OfflineWork } from "../routes/offline";
import { Outbox } from "../routes/outbox";
import { Profile } from "../routes/profile";
import { Remove } from "../routes/remove";
import { NoneFound, Offline, Results, TooMany } from "../routes/results";
import { Submission } from "../routes/submission";
import { TakeOver } from "../routes/take-over";
import { ThisComputer } from "../routes/this-computer";
import { Audit } from "../routes/upkeep";
import { WaitingElsewhere } from "../routes/waiting-elsewhere";
import { Withdraw } from "../routes/withdraw";
import { Warns } from "./page";
import { type Place, usePlaces } from "./places";
import { useSearch } from "./search";
import { useSession } from "./session";

export function Pages() {
  const { place, moves } = usePlaces();
  return <PageAt key={moves} place={place} />;
}

function PageAt({ place }: { place: Place }) {
  switch (place.at) {
    case "find":
      return <Find />;
    case "results":
      return <Results />;
    case "none-found":
      return <NoneFound />;
    case "too-many":
      return <TooMany />;
    case "offline":
      return <Offline />;
    case "profile":
      return <Profile uuid={place.uuid} notice={place.notice} />;
    case "remove":
      return <Remove uuid={place.uuid} authenticator={place.authenticator} />;
    case "address":
      return <Address id={place.draft} fromCheck={place.fromCheck ?? false} />;
    case "identity":
      return <Identity id={place.draft} fromCheck={place.fromCheck ?? false} />;
    case "check":
      return <Check id={place.draft} />;
    case "submission":
      return <Submission submissionKey={place.key} notice={place.notice} />;
    case "withdraw":
      return <Withdraw submissionKey={place.key} />;
    case "outbox":
      return (
        <Outbox
          tab={place.tab}
          confirmed={place.confirmed ?? false}
          discarded={place.discarded}
          takenOver={place.takenOver ?? null}
        />
      );
    case "take-over":
      return <TakeOver role={place.role} />;
    case "choose-role":
      return <ChooseRole />;
    case "confirm-recorded":
      return <ConfirmRecorded />;
    case "offline-work":
      return <OfflineWork />;
    case "help":
      return <Help />;
    case "this-computer":
      return <ThisComputer />;
    case "waiting-elsewhere":
      return <WaitingElsewhere />;
    case "audit":
      return <Audit />;
    case "leave-kiosk":
      return <LeaveKiosk />;
  }
}

/** On every page until the RA user has said whether they recorded what waits. */
export function ConfirmBanner({ count }: { count: number }) {
  const { go } = usePlaces();
  return (
    <Warns className="nhsuk-width-container ra-above-page">
      <Banner>
        <p className="nhsuk-notification-banner__heading">{CONFIRM_RECORDED.banner(count)}</p>
        <p>
          <ButtonLink id="to-confirm" onClick={() => go({ at: "confirm-recorded" })}>
            {CONFIRM_RECORDED.bannerLink}
          </ButtonLink>
        </p>
      </Banner>
    </Warns>
  );
}

/** On every page while somebody works by PIN. */
export function OfflineBanner({ name, until }: { name: string; until: string }) {
  const { signIn } = useSession();
  return (
    <div className="nhsuk-width-container ra-above-page" id="offline-banner">
      <Banner>
        <p className="nhsuk-notification-banner__heading">{OFFLINE_FRAME.banner(name, until)}</p>
        <p>{NOTHING_SENT}</p>
        {signIn.fault && <p role="status">{explain(signIn.fault.code, null).heading}</p>}
        <p>
          <ButtonLink id="sign-in" onClick={() => signIn.run()}>
            {OFFLINE_FRAME.signIn}
          </ButtonLink>
        </p>
      </Banner>
    </div>
  );
}

/** On every page while what waits has no second copy, or the next would have none. */
export function NoSecondCopyBanner({ count, why }: NoSecondCopyView) {
  return (
    <Warns className="nhsuk-width-container ra-above-page" id="no-second-copy" role="status">
      <Banner title={SECOND_COPY.title}>
        <p className="nhsuk-notification-banner__heading">{SECOND_COPY.count(count)}</p>
        <p>{SECOND_COPY.why[why]}</p>
      </Banner>
    </Warns>
  );
}

/** Somebody tried to close a kiosk who is not at work in it. */
export function CloseRefusedBanner() {
  return (
    <div className="nhsuk-width-container ra-above-page" id="close-refused" role="alert">
      <Banner title={CLOSE_ASKED.title}>
        <p>{CLOSE_ASKED.signIn}</p>
      </Banner>
    </div>
  );
}

/** Ctrl+F, Alt+1, Alt+2, Alt+Left and F1. Never a letter alone: that would catch what people type or dictate. */
export function useShortcuts(on: boolean) {
  const { go, finish, back } = usePlaces();
  const { reset } = useSearch();
  useLayoutEffect(() => {
    if (!on) return;
    const find = () => {
      reset();
      finish({ at: "find" });
    };
    const shortcuts: Record<string, () => void> = {
      "ctrl+f": find,
      "alt+1": find,
      "alt+2": () => finish({ at: "outbox", tab: "ready" }),
      "alt+arrowleft": back,
      f1: () => go({ at: "help" }),
    };
    const press = (event: KeyboardEvent) => {
      if (event.shiftKey || event.metaKey || document.querySelector("dialog[open]")) return;
      const key = `${event.ctrlKey ? "ctrl+" : ""}${event.altKey ? "alt+" : ""}${event.key.toLowerCase()}`;
      const act = shortcuts[key];
      if (!act) return;
      event.preventDefault();
      act();
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, [on, go, finish, back, reset]);
}
