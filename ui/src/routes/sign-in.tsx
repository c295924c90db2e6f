import { useState } from "react";
import type { EndReason } from "../bridge";
import { kept, UNSENT } from "../content/keeping";
import { FAULT_OF_CODE, NETWORK_FAULTS } from "../content/network";
import { OFFLINE_WORK } from "../content/offline";
import { ENDED, NOT_KEPT, SIGN_IN, SIGNING_IN, SIGNING_IN_KIOSK } from "../content/signing-in";
import { NetworkHelp } from "../frame/network-help";
import { FaultSummary, Heading, Page } from "../frame/page";
import { useSession, useShell, useSnapshot } from "../frame/session";
import { Button, ButtonLink, Details, InsetText } from "../nhs";
import { WorkOffline } from "./offline";

/** Nobody is signed in. Each way a session ended has words of its own. */
export function SignIn({ why }: { why: EndReason | null }) {
  const { signIn, changeRole } = useSession();
  const { outbox, network } = useSnapshot();
  const { other_people: unsent } = outbox;
  const { kiosk, not_kept: notKept, organisation } = useShell();
  const forgets = notKept === "forgets";
  const failed = signIn.fault ? signIn : changeRole;
  const ended = why && ENDED[why];
  const title = ended?.title ?? SIGN_IN.title;
  const [byPin, setByPin] = useState(false);
  if (byPin) return <WorkOffline onBack={() => setByPin(false)} />;
  return (
    <Page
      name="sign-in"
      title={title}
      problem={failed.fault !== null && failed.fault.code !== "SIGN_IN_CANCELLED"}
      key={why ?? "first"}
    >
      <FaultSummary fault={failed.fault} attempt={failed.faults} />
      {failed.fault && <NetworkHelp fault={FAULT_OF_CODE.get(failed.fault.code)} />}
      <Heading>{title}</Heading>
      {ended ? (
        <>
          <p>{ended.explanation}</p>
          {!forgets && <p>{kept(notKept)}</p>}
        </>
      ) : (
        <>
          <p className="nhsuk-body-l">{SIGN_IN.purpose}</p>
          <h2 className="nhsuk-heading-s">{SIGN_IN.need}</h2>
          <ul className="nhsuk-list nhsuk-list--bullet">
            {SIGN_IN.needs.map((need) => (
              <li key={need}>{need}</li>
            ))}
          </ul>
        </>
      )}
      {organisation && <p id="organisation">{SIGN_IN.organisation(organisation)}</p>}
      {unsent > 0 && (
        <InsetText id="unsent">
          <p>
            {SIGN_IN.unsent(unsent)}
            {forgets && ` ${UNSENT.signedOut}`}
          </p>
        </InsetText>
      )}
      {notKept && (
        <InsetText id="not-kept">
          <p>{NOT_KEPT[notKept]}</p>
        </InsetText>
      )}
      {network.state === "offline" && !failed.fault && (
        <InsetText id="unreachable">
          <p>
            <strong>{SIGN_IN.unreachable}.</strong> {NETWORK_FAULTS[network.why].why} {SIGN_IN.unreachableNext}
          </p>
        </InsetText>
      )}
      <Button id="primary" onClick={() => signIn.run()} busy={signIn.busy && SIGNING_IN.waiting}>
        {SIGN_IN.button}
      </Button>
      <p className="nhsuk-hint">{kiosk ? SIGN_IN.opensInKiosk : SIGN_IN.opens}</p>
      {!notKept && (
        <p>
          <ButtonLink id="by-pin" onClick={() => setByPin(true)}>
            {OFFLINE_WORK.link}
          </ButtonLink>
        </p>
      )}
    </Page>
  );
}

/** The browser is open at the issuer; in a kiosk, a window in front of the lower part of this page. */
export function SigningIn() {
  const { cancel } = useSession();
  const { kiosk } = useShell();
  const words = kiosk ? { ...SIGNING_IN, ...SIGNING_IN_KIOSK } : SIGNING_IN;
  const button = (
    <Button look="secondary" id="cancel" onClick={() => cancel.run()}>
      {SIGNING_IN.cancel}
    </Button>
  );
  return (
    <Page name="sign-in" status="signing_in" title={words.title} problem={cancel.fault !== null} wide={kiosk}>
      <FaultSummary fault={cancel.fault} attempt={cancel.faults} />
      {kiosk ? (
        <div className="ra-above-issuer">
          <div>
            <Heading>{words.title}</Heading>
            <p>{words.explanation}</p>
          </div>
          {button}
        </div>
      ) : (
        <>
          <Heading>{words.title}</Heading>
          <p>{words.explanation}</p>
        </>
      )}
      <p className="ra-waiting" role="status">
        {words.waiting}
      </p>
      <Details>
        <Details.Summary>{words.nothing}</Details.Summary>
        <Details.Text>
          <p>{words.nothingHelp}</p>
        </Details.Text>
      </Details>
      {!kiosk && button}
    </Page>
  );
}
