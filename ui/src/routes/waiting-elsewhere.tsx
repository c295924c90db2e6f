import { useCommand, type WaitingOnView } from "../bridge";
import { dayAndTime, onDay } from "../content/dates";
import { ELSEWHERE } from "../content/elsewhere";
import { SUBMISSION } from "../content/outbox";
import { Asked } from "../frame/asked";
import { Heading, Page } from "../frame/page";
import { usePlaces } from "../frame/places";
import { ButtonLink, Heads, InsetText, Table } from "../nhs";

/** What waits on other computers, as each last told the RA service. */
export function WaitingElsewhere() {
  const answer = useCommand("waitingElsewhere");
  return <Asked answer={answer}>{(told) => <Waiting rows={told.waiting} more={told.more} />}</Asked>;
}

function Waiting({ rows, more }: { rows: WaitingOnView[]; more: boolean }) {
  const { back, go } = usePlaces();
  return (
    <Page name="waiting-elsewhere" title={ELSEWHERE.title} onBack={back} wide>
      <Heading>{ELSEWHERE.title}</Heading>
      <p>{rows.length === 0 ? ELSEWHERE.none : ELSEWHERE.lead}</p>
      {rows.length > 0 && (
        <Table responsive className="ra-table nhsuk-table--compact">
          <Heads names={[ELSEWHERE.computer, ELSEWHERE.whose, ELSEWHERE.waits, ELSEWHERE.whatToDo]} />
          <Table.Body>
            {rows.map((row) => (
              <Table.Row key={`${row.computer} ${row.heard_at} ${row.author} ${row.role}`}>
                <Table.Cell>
                  <strong>{row.computer}</strong>
                  {row.here && <span className="ra-line">{ELSEWHERE.here}</span>}
                  {row.revoked && <span className="ra-line">{ELSEWHERE.revoked}</span>}
                  <span className="ra-line ra-quiet">{ELSEWHERE.heard(dayAndTime(row.heard_at))}</span>
                </Table.Cell>
                <Table.Cell>
                  {row.own ? ELSEWHERE.you : (row.author ?? ELSEWHERE.unknown)}
                  {row.role && <span className="ra-line ra-quiet">{row.role}</span>}
                </Table.Cell>
                <Table.Cell>
                  {row.imported_at && (
                    <span className="ra-line">{ELSEWHERE.imported(row.imported, onDay(row.imported_at))}</span>
                  )}
                  {row.imported_at ? ELSEWHERE.importedUnsent(row.unsent) : ELSEWHERE.unsent(row.unsent)}
                  {row.oldest && <span className="ra-line ra-quiet">{ELSEWHERE.oldest(onDay(row.oldest))}</span>}
                  {row.attention > 0 && <span className="ra-line">{ELSEWHERE.attention(row.attention)}</span>}
                </Table.Cell>
                <Table.Cell>
                  {ELSEWHERE.todo(row).map((line) => (
                    <span className="ra-line" key={line}>
                      {line}
                    </span>
                  ))}
                  {row.imported_at && (
                    <ButtonLink onClick={() => go({ at: "find" })}>
                      {ELSEWHERE.find}
                      <span className="nhsuk-u-visually-hidden"> {ELSEWHERE.from(row.computer)}</span>
                    </ButtonLink>
                  )}
                  {row.here && row.unsent > 0 && (
                    <ButtonLink onClick={() => go({ at: "outbox", tab: "ready" })}>
                      {SUBMISSION.outbox}
                      <span className="nhsuk-u-visually-hidden"> {ELSEWHERE.of(row.author)}</span>
                    </ButtonLink>
                  )}
                </Table.Cell>
              </Table.Row>
            ))}
          </Table.Body>
        </Table>
      )}
      <InsetText>
        {more && <p>{ELSEWHERE.more}</p>}
        <p id="elsewhere-limits">{ELSEWHERE.limits}</p>
      </InsetText>
    </Page>
  );
}
