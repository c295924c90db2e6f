import { type AuthenticatorView, type ProfileView, useAct, useCommand, useDesk, useKeep } from "../bridge";
import { REFUSALS, WARNINGS } from "../content/codes";
import { birthDate, day, dayAndTime, grouped } from "../content/dates";
import { PROFILE } from "../content/find";
import { AUTHENTICATOR_STATE, AUTHENTICATORS, roleName } from "../content/people";
import { PROFILE_STATUS } from "../content/status";
import { Asked } from "../frame/asked";
import { firstUnanswered } from "../frame/draft-steps";
import { FaultSummary, Heading, Page } from "../frame/page";
import { usePlaces } from "../frame/places";
import { useSearch } from "../frame/search";
import { useSignedIn } from "../frame/session";
import { Banner, Button, ButtonLink, Facts, Heads, InsetText, StatusTag, Table, WarningCallout } from "../nhs";

/** A person's profile: how they sign in first, since that is what this is about. */
export function Profile({ uuid, notice }: { uuid: string; notice?: string | undefined }) {
  const answer = useCommand("profile", uuid);
  return (
    <Asked answer={answer} loading={PROFILE.loading}>
      {(profile) => (
        <Loaded
          profile={profile}
          notice={notice}
          stale={answer.fault !== null}
          refreshing={answer.asking}
          onRefresh={answer.again}
        />
      )}
    </Asked>
  );
}

interface LoadedProps {
  profile: ProfileView;
  notice: string | undefined;
  stale: boolean;
  refreshing: boolean;
  onRefresh: () => void;
}

function Loaded({ profile, notice, stale, refreshing, onRefresh }: LoadedProps) {
  const desk = useDesk();
  const keep = useKeep();
  const { go, back } = usePlaces();
  const { person } = useSignedIn();
  const register = useAct(async () => {
    const draft = await desk.startDraft(profile.uuid);
    keep.draft(draft);
    keep.profileChanged(profile.uuid);
    go(firstUnanswered(draft));
  });
  const refusal = profile.refusal && REFUSALS[profile.refusal];
  const status = PROFILE_STATUS[profile.status];
  return (
    <Page name="profile" title={profile.name} onBack={back} problem={register.fault !== null} wide>
      <FaultSummary fault={register.fault} attempt={register.faults} />
      {notice && (
        <Banner good title="Done">
          <p className="nhsuk-notification-banner__heading">{notice}</p>
        </Banner>
      )}
      <Heading caption={PROFILE.caption}>{profile.name}</Heading>
      <dl className="ra-who">
        <div>
          <dt>{PROFILE.uuid}</dt>
          <dd className="ra-digits">{grouped(profile.uuid)}</dd>
        </div>
        <div>
          <dt>{PROFILE.born}</dt>
          <dd>{birthDate(profile.birth_date)}</dd>
        </div>
        <div>
          <dt>{PROFILE.status}</dt>
          <dd>
            <StatusTag {...status} />
          </dd>
        </div>
      </dl>
      {stale && (
        <InsetText>
          <p>{PROFILE.stale(dayAndTime(profile.read_at))}</p>
        </InsetText>
      )}

      <h2 className="nhsuk-heading-m">{PROFILE.signIn}</h2>
      <Authenticators profile={profile} />

      {refusal ? (
        <WarningCallout className="ra-callout">
          <WarningCallout.Heading headingLevel="h2">{refusal.heading}</WarningCallout.Heading>
          <p>{refusal.explanation}</p>
          <p>{refusal.next}</p>
        </WarningCallout>
      ) : (
        profile.warnings.length > 0 && (
          <InsetText>
            <h2 className="nhsuk-heading-s">{PROFILE.beforeYou}</h2>
            <ul className="nhsuk-list ra-warnings">
              {profile.warnings.map((code) => (
                <li key={code}>
                  <strong>{WARNINGS[code].heading}.</strong> {WARNINGS[code].explanation}
                </li>
              ))}
            </ul>
          </InsetText>
        )
      )}
      <Actions
        profile={profile}
        busy={register.busy}
        onRegister={() => register.run()}
        onSee={(key) => go({ at: "submission", key })}
      />
      {!profile.may_register && person.role && (
        <InsetText>
          <p>{PROFILE.lookOnly(roleName(person.role), person.role.organisation_name)}</p>
        </InsetText>
      )}

      <h2 className="nhsuk-heading-m">{PROFILE.details}</h2>
      <div className="ra-reading">
        <Facts
          facts={[
            { name: PROFILE.email, value: profile.email ?? PROFILE.noEmail },
            { name: PROFILE.nino, value: profile.nino_held ? PROFILE.ninoHeld : PROFILE.ninoNotHeld },
            {
              name: PROFILE.positions,
              value:
                profile.positions.length === 0
                  ? PROFILE.noPositions
                  : profile.positions.map(({ code, name }) => (
                      <span className="ra-line" key={code}>
                        {name} ({code})
                      </span>
                    )),
            },
          ]}
        />
        <p className="ra-quiet">
          {PROFILE.readAt(dayAndTime(profile.read_at))}{" "}
          <ButtonLink onClick={onRefresh} aria-disabled={refreshing || undefined}>
            {PROFILE.refresh}
          </ButtonLink>
        </p>
        <FindElse />
      </div>
    </Page>
  );
}

function FindElse() {
  const { finish } = usePlaces();
  const { reset } = useSearch();
  return (
    <p>
      <ButtonLink
        id="find-else"
        onClick={() => {
          reset();
          finish({ at: "find" });
        }}
      >
        {PROFILE.find}
      </ButtonLink>
    </p>
  );
}

interface ActionsProps {
  profile: ProfileView;
  busy: boolean;
  onRegister: () => void;
  onSee: (key: string) => void;
}

function Actions({ profile, busy, onRegister, onSee }: ActionsProps) {
  const { submission, draft, refusal, may_register, warnings } = profile;
  // Where it may not be needed at all, it is not the thing to press.
  const doubtful = !draft && warnings.some((code) => code === "HAS_AUTHENTICATOR" || code === "HAS_NHS_NET_CONNECT");
  if (submission) {
    return (
      <>
        <p>{PROFILE.alreadyYours}</p>
        <Button id="primary" onClick={() => onSee(submission)}>
          {PROFILE.seeRegistration}
        </Button>
      </>
    );
  }
  if (!may_register || refusal) return null;
  return (
    <>
      {draft && <p>{PROFILE.draftBegun}</p>}
      <Button
        id="primary"
        look={doubtful ? "secondary" : "primary"}
        onClick={onRegister}
        busy={busy && PROFILE.register}
      >
        {draft ? PROFILE.goOn : PROFILE.register}
      </Button>
    </>
  );
}

function Authenticators({ profile }: { profile: ProfileView }) {
  const { go } = usePlaces();
  const { authenticators, may_register, uuid } = profile;
  if (authenticators.length === 0) return <p>{PROFILE.none}</p>;
  return (
    <Table responsive className="ra-table">
      <Heads
        names={[PROFILE.kind, PROFILE.level, PROFILE.state, PROFILE.added, ...(may_register ? [PROFILE.actions] : [])]}
      />
      <Table.Body>
        {authenticators.map((authenticator) => (
          <AuthenticatorRow
            key={authenticator.id}
            authenticator={authenticator}
            onRemove={may_register ? () => go({ at: "remove", uuid, authenticator: authenticator.id }) : null}
          />
        ))}
      </Table.Body>
    </Table>
  );
}

function AuthenticatorRow({
  authenticator,
  onRemove,
}: {
  authenticator: AuthenticatorView;
  onRemove: (() => void) | null;
}) {
  const { id, kind, level, state, address, added_at, added_by } = authenticator;
  const name = AUTHENTICATORS[kind].name;
  return (
    <Table.Row>
      <Table.Cell>
        <strong>{name}</strong>
        {address && <span className="ra-line ra-address">{address}</span>}
      </Table.Cell>
      <Table.Cell>{PROFILE.aal(level)}</Table.Cell>
      <Table.Cell>
        <StatusTag {...AUTHENTICATOR_STATE[state]} />
      </Table.Cell>
      <Table.Cell>{PROFILE.addedBy(day(added_at), added_by)}</Table.Cell>
      {onRemove && (
        <Table.Cell>
          <ButtonLink id={`remove-${id}`} onClick={onRemove}>
            {PROFILE.remove}
            <span className="nhsuk-u-visually-hidden"> {address ? `${name}, ${address}` : name}</span>
          </ButtonLink>
        </Table.Cell>
      )}
    </Table.Row>
  );
}
