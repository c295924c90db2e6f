import { type FormEvent, useState } from "react";
import {
  type AuthenticatorView,
  type ProfileView,
  type RemovalReason,
  useAct,
  useCommand,
  useDesk,
  useKeep,
} from "../bridge";
import { PROFILE, REMOVE } from "../content/find";
import { AUTHENTICATORS, REMOVAL_REASONS } from "../content/people";
import { Asked } from "../frame/asked";
import { FaultSummary, fieldError, Heading, Page } from "../frame/page";
import { usePlaces } from "../frame/places";
import { Button, ButtonLink, Choices, ErrorSummary, WarningCallout } from "../nhs";

/** Why a way to sign in is removed, and what that means for the person. */
export function Remove({ uuid, authenticator }: { uuid: string; authenticator: string }) {
  const answer = useCommand("profile", uuid);
  return (
    <Asked answer={answer} loading={PROFILE.loading}>
      {(profile) => {
        const found = profile.authenticators.find(({ id }) => id === authenticator);
        return found ? <RemoveForm profile={profile} authenticator={found} /> : <Gone />;
      }}
    </Asked>
  );
}

function Gone() {
  const { back } = usePlaces();
  return (
    <Page name="remove" title={REMOVE.gone} onBack={back}>
      <Heading>{REMOVE.gone}</Heading>
      <Button id="primary" onClick={back}>
        {REMOVE.cancel}
      </Button>
    </Page>
  );
}

const REASONS = Object.keys(REMOVAL_REASONS) as RemovalReason[];

function RemoveForm({ profile, authenticator }: { profile: ProfileView; authenticator: AuthenticatorView }) {
  const desk = useDesk();
  const keep = useKeep();
  const { back, finish } = usePlaces();
  const [reason, setReason] = useState<RemovalReason | null>(null);
  const [missed, setMissed] = useState(0);
  const { name, short } = AUTHENTICATORS[authenticator.kind];
  const remove = useAct(async (why: RemovalReason) => {
    const after = await desk.removeAuthenticator(profile.uuid, authenticator.id, why);
    keep.profile(after);
    finish({ at: "profile", uuid: profile.uuid, notice: REMOVE.removed(name) });
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (reason) remove.run(reason);
    else setMissed((times) => times + 1);
  };
  const missing = missed > 0 && !reason;
  const title = REMOVE.title(short, profile.short_name);
  return (
    <Page name="remove" title={title} onBack={back} problem={missing || remove.fault !== null}>
      {missing ? (
        <ErrorSummary attempt={missed} problems={[{ message: REMOVE.choose, field: "reason-leaver" }]} />
      ) : (
        <FaultSummary fault={remove.fault} attempt={remove.faults} />
      )}
      <form onSubmit={submit} noValidate>
        <Choices
          name="reason"
          heading
          legend={title}
          legendSize="l"
          hint={REMOVE.hint}
          error={missing ? REMOVE.choose : fieldError(remove.fault, "reason")}
          choices={REASONS.map((value) => ({ value, label: REMOVAL_REASONS[value] }))}
          chosen={reason ? [reason] : []}
          onChoose={([chosen]) => setReason(chosen ?? null)}
        >
          {authenticator.address && <p className="ra-address">{authenticator.address}</p>}
        </Choices>
        {authenticator.last && (
          <WarningCallout className="ra-callout">
            <WarningCallout.Heading headingLevel="h2">{REMOVE.last}</WarningCallout.Heading>
            <p>{REMOVE.lastText(profile.short_name)}</p>
          </WarningCallout>
        )}
        <p>{REMOVE.cannotUndo}</p>
        <div className="ra-buttons">
          <Button id="primary" type="submit" look="warning" busy={remove.busy && REMOVE.busy}>
            {REMOVE.button}
          </Button>
          <ButtonLink onClick={back}>{REMOVE.cancel}</ButtonLink>
        </div>
      </form>
    </Page>
  );
}
