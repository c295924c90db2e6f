// Working without a connection: who you are, your PIN, what is locked, and being prepared for it.

import { type FormEvent, useState } from "react";
import { type Fault, type OfflinePersonView, type SessionView, useAct, useCommand, useDesk, useKeep } from "../bridge";
import { kept } from "../content/keeping";
import { ENDED, ENTER_PIN, FORGOTTEN, LOCKED, NEEDS_SIGN_IN, OFFLINE_WORK, WHO } from "../content/offline";
import { SIGNING_IN } from "../content/signing-in";
import { Asked } from "../frame/asked";
import { FaultSummary, fieldError, Heading, Page } from "../frame/page";
import { usePlaces } from "../frame/places";
import { useSession, useShell } from "../frame/session";
import { Button, ButtonLink, InsetText, TextInput } from "../nhs";

/** Nobody is signed in: whoever has a PIN here may begin with it. */
export function WorkOffline({ onBack }: { onBack: () => void }) {
  const answer = useCommand("offlinePeople");
  const [uuid, setUuid] = useState<string>();
  const [forgotten, setForgotten] = useState(false);
  const { signIn } = useSession();
  if (forgotten) return <Forgotten onBack={() => setForgotten(false)} />;
  return (
    <Asked answer={answer}>
      {(people) => {
        const person = people.find((person) => person.uuid === uuid);
        if (person) {
          const back = () => setUuid(undefined);
          return <EnterPin person={person} again={answer.again} onBack={back} onForgotten={() => setForgotten(true)} />;
        }
        return (
          <Page name="who" title={WHO.title} onBack={onBack}>
            <Heading>{WHO.title}</Heading>
            {people.length > 0 ? <p>{WHO.lead}</p> : <p className="nhsuk-body-l">{WHO.none}</p>}
            {people.length === 0 && <p>{WHO.noneHow}</p>}
            <ul className="nhsuk-list">
              {people.map(({ uuid, name, role, until, ended }) => (
                <li key={uuid} className="ra-who">
                  <h2 className="nhsuk-heading-s">
                    {name}, {role}
                  </h2>
                  <p>{ended ? ENDED[ended] : WHO.until(until)}</p>
                  {!ended && (
                    <Button small look="secondary" id={`who-${uuid}`} onClick={() => setUuid(uuid)}>
                      {WHO.choose(name)}
                    </Button>
                  )}
                </li>
              ))}
            </ul>
            <p>
              <ButtonLink onClick={() => signIn.run()}>{WHO.signIn}</ButtonLink>
            </p>
          </Page>
        );
      }}
    </Asked>
  );
}

interface EnterPinProps {
  person: OfflinePersonView;
  again: () => void;
  onBack: () => void;
  onForgotten: () => void;
}

function EnterPin({ person, again, onBack, onForgotten }: EnterPinProps) {
  const desk = useDesk();
  const keep = useKeep();
  const begin = useAct(async (pin: string) => {
    // However it went, how many tries are left is another number now.
    await desk.workOffline(person.uuid, pin).then(keep.snapshot).finally(again);
  });
  return (
    <Page name="enter-pin" title={ENTER_PIN.title} onBack={onBack} problem={begin.fault !== null}>
      <FaultSummary fault={begin.fault} attempt={begin.faults} />
      <Heading>{ENTER_PIN.title}</Heading>
      <p>{ENTER_PIN.as(person.name, person.role)}</p>
      <PinForm person={person} act={begin} button={ENTER_PIN.button} />
      <p>
        <ButtonLink id="forgotten" onClick={onForgotten}>
          {ENTER_PIN.forgotten}
        </ButtonLink>
      </p>
    </Page>
  );
}

interface PinFormProps {
  person: OfflinePersonView;
  act: { run: (pin: string) => void; busy: boolean; fault: Fault | null };
  button: string;
}

/** The PIN is kept by this form while it is typed, and by nothing afterwards. */
function PinForm({ person, act, button }: PinFormProps) {
  const [pin, setPin] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    act.run(pin);
    setPin("");
  };
  return (
    <form onSubmit={submit} noValidate>
      {person.wait_until && (
        <InsetText id="wait">
          <p>{ENTER_PIN.wait(person.wait_until)}</p>
        </InsetText>
      )}
      <TextInput
        id="pin"
        name="pin"
        type="password"
        label={ENTER_PIN.pin}
        labelProps={{ size: "s" }}
        hint={person.tries_left < 10 ? ENTER_PIN.left(person.tries_left) : undefined}
        error={fieldError(act.fault, "pin")}
        width="20"
        value={pin}
        onChange={(event) => setPin(event.target.value)}
        autoComplete="off"
      />
      <Button id="primary" type="submit" busy={act.busy && ENTER_PIN.busy}>
        {button}
      </Button>
    </form>
  );
}

/** A forgotten PIN loses nothing. */
function Forgotten({ onBack }: { onBack: () => void }) {
  const { signIn } = useSession();
  const { not_kept: notKept } = useShell();
  return (
    <Page name="forgotten-pin" title={FORGOTTEN.title} onBack={onBack} problem={signIn.fault !== null}>
      <FaultSummary fault={signIn.fault} attempt={signIn.faults} />
      <Heading>{FORGOTTEN.title}</Heading>
      <p>
        {FORGOTTEN.nothing} {kept(notKept)}
      </p>
      <p>{FORGOTTEN.next}</p>
      <p>
        {FORGOTTEN.nobody} {FORGOTTEN.paper}
      </p>
      <Button id="primary" onClick={() => signIn.run()} busy={signIn.busy && SIGNING_IN.waiting}>
        {LOCKED.signIn}
      </Button>
    </Page>
  );
}

/** Somebody is away. Their name is shown so that others know whose work it is, and nothing else of it. */
export function Locked({ name, person, unknown }: Extract<SessionView, { state: "locked" }>) {
  const desk = useDesk();
  const keep = useKeep();
  const { signIn, signOut } = useSession();
  const { not_kept: notKept } = useShell();
  const [forgotten, setForgotten] = useState(false);
  const unlock = useAct(async (pin: string) => {
    try {
      keep.snapshot(await desk.unlock(pin));
    } catch (thrown) {
      keep.changed("session");
      throw thrown;
    }
  });
  const failed = unlock.fault ? unlock : signIn.fault ? signIn : signOut;
  const works = person && !person.ended;
  if (forgotten) return <Forgotten onBack={() => setForgotten(false)} />;
  return (
    <Page name="locked" title={LOCKED.title} problem={failed.fault !== null}>
      <FaultSummary fault={failed.fault} attempt={failed.faults} />
      <Heading>{LOCKED.title}</Heading>
      <p>{LOCKED.whose(name, notKept)}</p>
      <p>{LOCKED.typed}</p>
      {works ? (
        <PinForm person={person} act={unlock} button={ENTER_PIN.unlock} />
      ) : (
        <InsetText id="no-pin">
          <p>{unknown ? LOCKED.unknown : person?.ended ? ENDED[person.ended] : LOCKED.noPin}</p>
          {unknown && (
            <Button small look="secondary" id="try-again" onClick={() => keep.changed("session")}>
              {LOCKED.again}
            </Button>
          )}
        </InsetText>
      )}
      <Button
        look={works ? "secondary" : "primary"}
        id="sign-in"
        onClick={() => signIn.run()}
        busy={signIn.busy && SIGNING_IN.waiting}
      >
        {LOCKED.signIn}
      </Button>
      {works && (
        <p>
          <ButtonLink id="forgotten" onClick={() => setForgotten(true)}>
            {ENTER_PIN.forgotten}
          </ButtonLink>
        </p>
      )}
      <p>
        <ButtonLink id="not-me" onClick={() => signOut.run()}>
          {LOCKED.other(name)}
        </ButtonLink>
      </p>
    </Page>
  );
}

/** What cannot be done by PIN alone. */
export function NeedsSignIn() {
  const { finish } = usePlaces();
  const { signIn } = useSession();
  return (
    <Page name="needs-sign-in" title={NEEDS_SIGN_IN.title} problem={signIn.fault !== null}>
      <FaultSummary fault={signIn.fault} attempt={signIn.faults} />
      <Heading>{NEEDS_SIGN_IN.title}</Heading>
      <p>{NEEDS_SIGN_IN.explanation}</p>
      <Button id="primary" onClick={() => signIn.run()} busy={signIn.busy && SIGNING_IN.waiting}>
        {LOCKED.signIn}
      </Button>
      <p>
        <ButtonLink onClick={() => finish({ at: "outbox", tab: "drafts" })}>{NEEDS_SIGN_IN.outbox}</ButtonLink>
      </p>
    </Page>
  );
}

/** Being prepared for it: a PIN, and until when. */
export function OfflineWork() {
  const answer = useCommand("offline");
  const desk = useDesk();
  const { back } = usePlaces();
  const [typed, setTyped] = useState({ pin: "", again: "" });
  const set = useAct(async () => {
    await desk.setPin(typed.pin, typed.again);
    setTyped({ pin: "", again: "" });
    answer.again();
  });
  const remove = useAct(async () => {
    await desk.removePin();
    set.clear();
    answer.again();
  });
  const failed = set.fault ? set : remove;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    set.run();
  };
  const field = (id: "pin" | "again", label: string, hint?: string) => (
    <TextInput
      id={id}
      name={id}
      type="password"
      label={label}
      labelProps={{ size: "s" }}
      hint={hint}
      error={fieldError(set.fault, id)}
      width="20"
      value={typed[id]}
      onChange={(event) => setTyped({ ...typed, [id]: event.target.value })}
      autoComplete="off"
    />
  );
  return (
    <Asked answer={answer}>
      {({ set_up: hasPin, until, may_set: maySet, not_kept: notKept }) => (
        <Page name="offline-work" title={OFFLINE_WORK.title} onBack={back} problem={failed.fault !== null}>
          <FaultSummary fault={failed.fault} attempt={failed.faults} />
          <Heading>{OFFLINE_WORK.title}</Heading>
          <p className="nhsuk-body-l">{notKept ? OFFLINE_WORK.not(notKept) : OFFLINE_WORK.lead}</p>
          <div role="status" id="pin-told">
            {!failed.fault && set.done + remove.done > 0 && <p>{hasPin ? OFFLINE_WORK.done : OFFLINE_WORK.removed}</p>}
          </div>
          {hasPin && (
            <InsetText id="until">
              <p>{until ? OFFLINE_WORK.until(until) : OFFLINE_WORK.ended}</p>
            </InsetText>
          )}
          {!notKept && (
            <>
              <ul className="nhsuk-list nhsuk-list--bullet">
                {OFFLINE_WORK.can.map((line) => (
                  <li key={line}>{line}</li>
                ))}
              </ul>
              <h2 className="nhsuk-heading-m">{hasPin ? OFFLINE_WORK.change : OFFLINE_WORK.set}</h2>
              {maySet ? (
                <form onSubmit={submit} noValidate>
                  <p>{OFFLINE_WORK.only}</p>
                  {field("pin", OFFLINE_WORK.pin, OFFLINE_WORK.rules)}
                  {field("again", OFFLINE_WORK.again)}
                  <Button id="primary" type="submit" busy={set.busy && OFFLINE_WORK.busy}>
                    {OFFLINE_WORK.button}
                  </Button>
                </form>
              ) : (
                <p>{OFFLINE_WORK.notNow}</p>
              )}
            </>
          )}
          {hasPin && (
            <p>
              <ButtonLink id="remove-pin" onClick={() => remove.run()}>
                {OFFLINE_WORK.remove}
              </ButtonLink>
            </p>
          )}
        </Page>
      )}
    </Asked>
  );
}
