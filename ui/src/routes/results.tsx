import type { FindForm, PersonRow } from "../bridge";
import { explain } from "../content/codes";
import { birthDate, grouped } from "../content/dates";
import { FIND, MATCHED, NONE_FOUND, OFFLINE, RESULTS, TOO_MANY } from "../content/find";
import { FAULT_OF_CODE } from "../content/network";
import { AUTHENTICATORS } from "../content/people";
import { PROFILE_STATUS } from "../content/status";
import { NetworkHelp } from "../frame/network-help";
import { FaultSummary, Heading, Page } from "../frame/page";
import { usePlaces } from "../frame/places";
import { useSearch } from "../frame/search";
import { useShell } from "../frame/session";
import { Button, ButtonLink, Facts, Heads, StatusTag, Table } from "../nhs";
import { useFind } from "./find";

/** Who was found: enough to tell two people apart. */
export function Results() {
  const { found } = useSearch();
  const { back, go } = usePlaces();
  const people = found?.found === "people" ? found.people : [];
  return (
    <Page name="results" title={RESULTS.title(people.length)} onBack={back} backText={RESULTS.again} wide>
      <Heading>{RESULTS.title(people.length)}</Heading>
      <p>{RESULTS.check}</p>
      <Table responsive className="ra-table nhsuk-table--compact">
        <Heads names={[RESULTS.person, RESULTS.born, RESULTS.works, RESULTS.signsIn, RESULTS.profile]} />
        <Table.Body>
          {people.map((person) => (
            <Row key={person.uuid} person={person} onOpen={() => go({ at: "profile", uuid: person.uuid })} />
          ))}
        </Table.Body>
      </Table>
    </Page>
  );
}

function Row({ person, onOpen }: { person: PersonRow; onOpen: () => void }) {
  const { positions, authenticators } = person;
  return (
    <Table.Row>
      <Table.Cell>
        <ButtonLink className="ra-strong" id={`person-${person.uuid}`} onClick={onOpen}>
          {person.name}
        </ButtonLink>
        <br />
        <span className="ra-digits">{grouped(person.uuid)}</span>
        {person.matched_by !== "exact" && (
          <>
            <br />
            <span className="ra-quiet">{MATCHED[person.matched_by]}</span>
          </>
        )}
      </Table.Cell>
      <Table.Cell className="ra-nowrap">{birthDate(person.birth_date)}</Table.Cell>
      <Table.Cell>
        {positions.length === 0
          ? RESULTS.nowhere
          : positions.map(({ code, name }) => (
              <span className="ra-line" key={code}>
                {name} ({code})
              </span>
            ))}
      </Table.Cell>
      <Table.Cell>
        {authenticators.length === 0
          ? RESULTS.nothing
          : authenticators.map((kind) => (
              <span className="ra-line" key={kind}>
                {AUTHENTICATORS[kind].short}
              </span>
            ))}
      </Table.Cell>
      <Table.Cell>
        <StatusTag {...PROFILE_STATUS[person.status]} />
      </Table.Cell>
    </Table.Row>
  );
}

/** What was looked for, in the words of the form. */
function searched(form: FindForm) {
  if (form.by === "uuid") return [{ name: FIND.uuid, value: form.uuid }];
  if (form.by === "address") return [{ name: FIND.address, value: form.address }];
  // The National Insurance number is never shown again.
  if (form.by === "national_insurance") return [{ name: FIND.nino, value: "•••••••••" }];
  const born = [form.birth_day, form.birth_month, form.birth_year].filter(Boolean).join(" ");
  return [
    { name: FIND.family, value: form.family },
    { name: FIND.given, value: form.given },
    { name: FIND.birthDate, value: born },
    { name: FIND.organisation, value: form.organisation },
  ].filter(({ value }) => value !== "");
}

export function NoneFound() {
  const { form } = useSearch();
  const { back } = usePlaces();
  return (
    <Page name="none-found" title={NONE_FOUND.title} onBack={back}>
      <Heading>{NONE_FOUND.title}</Heading>
      <h2 className="nhsuk-heading-s">{NONE_FOUND.searched}</h2>
      <Facts facts={searched(form)} />
      <h2 className="nhsuk-heading-s">{NONE_FOUND.tips}</h2>
      <ul className="nhsuk-list nhsuk-list--bullet">
        <li>{NONE_FOUND.tip[form.by]}</li>
        {form.by !== "details" && <li>{NONE_FOUND.other}</li>}
        <li>{NONE_FOUND.create}</li>
      </ul>
      <Button id="primary" onClick={back}>
        {NONE_FOUND.again}
      </Button>
    </Page>
  );
}

export function TooMany() {
  const { form, found } = useSearch();
  const { back } = usePlaces();
  const most = found?.found === "too_many" ? found.most : 50;
  return (
    <Page name="too-many" title={TOO_MANY.title} onBack={back}>
      <Heading>{TOO_MANY.title}</Heading>
      <p>{TOO_MANY.explanation(most)}</p>
      <p>{TOO_MANY.next}</p>
      <h2 className="nhsuk-heading-s">{NONE_FOUND.searched}</h2>
      <Facts facts={searched(form)} />
      <Button id="primary" onClick={back}>
        {TOO_MANY.again}
      </Button>
    </Page>
  );
}

/** Finding needs the network. The search is kept. */
export function Offline() {
  const { form, unreached } = useSearch();
  const { back, go } = usePlaces();
  const find = useFind();
  const { not_kept: notKept } = useShell();
  const words = explain(unreached?.code ?? "OFFLINE", notKept);
  return (
    <Page name="offline" title={words.heading} onBack={back} problem>
      <FaultSummary fault={find.fault} attempt={find.faults} />
      <Heading>{words.heading}</Heading>
      <p>{words.explanation}</p>
      <p>{words.next}</p>
      <NetworkHelp fault={FAULT_OF_CODE.get(unreached?.code ?? "OFFLINE")} />
      <p>{OFFLINE.kept}</p>
      <Button id="primary" onClick={() => find.run(form, "offline")} busy={find.busy && FIND.finding}>
        {OFFLINE.again}
      </Button>
      <h2 className="nhsuk-heading-s">{OFFLINE.can}</h2>
      <ul className="nhsuk-list nhsuk-list--bullet">
        <li>{notKept ? OFFLINE.canDraft : OFFLINE.canRecord}</li>
        <li>{OFFLINE.canSee}</li>
      </ul>
      <p>
        <ButtonLink onClick={() => go({ at: "outbox", tab: "drafts" })}>{OFFLINE.outbox}</ButtonLink>
      </p>
    </Page>
  );
}
