// What is kept of the desk's answers, and for whom.

import { act, render } from "@testing-library/preact";
import { useSWRConfig } from "swr";
import { expect, test, vi } from "vitest";
import { type Answered, DeskProvider, type DraftView, type SubmissionView, useCommand, useKeep } from "../src/bridge";
import { DRAFT, type FakeDesk, fakeDesk, SUBMISSION } from "../src/bridge/fake";

const asked = (desk: FakeDesk, name: string) => desk.log.filter(([called]) => called === name).length;

interface Seen {
  cache?: ReturnType<typeof useSWRConfig>["cache"];
  keep?: ReturnType<typeof useKeep>;
  submission?: Answered<SubmissionView>;
  draft?: Answered<DraftView>;
}

function Page({ seen }: { seen: Seen }) {
  seen.submission = useCommand("submission", SUBMISSION.key);
  return null;
}

function Other({ seen }: { seen: Seen }) {
  useCommand("submission", SUBMISSION.key);
  seen.draft = useCommand("draft", DRAFT.id);
  return null;
}

function Frame({ seen }: { seen: Seen }) {
  seen.cache = useSWRConfig().cache;
  seen.keep = useKeep();
  useCommand("snapshot");
  return null;
}

async function show(desk: FakeDesk, pages = true) {
  const seen: Seen = {};
  const tree = (pages: boolean) => (
    <DeskProvider desk={desk}>
      <Frame seen={seen} />
      {pages ? <Page seen={seen} /> : null}
      {pages ? <Other seen={seen} /> : null}
    </DeskProvider>
  );
  const view = render(tree(pages));
  await act(async () => {});
  return { seen, leave: () => view.rerender(tree(false)), back: () => view.rerender(tree(true)) };
}

test("two pages with one question ask once, and both hear of a change", async () => {
  const desk = fakeDesk({ submission: SUBMISSION, draft: DRAFT });
  const { seen } = await show(desk);
  expect(asked(desk, "submission")).toBe(1);
  expect(seen.submission?.data).toEqual(SUBMISSION);
  await act(async () => desk.change({ submission: { ...SUBMISSION, attempts: 7 } }, "outbox"));
  expect(asked(desk, "submission")).toBe(2);
  await vi.waitFor(() => expect(seen.submission?.data?.attempts).toBe(7));
});

test("an answer that came with an act is shown and not asked for", async () => {
  const desk = fakeDesk({ submission: SUBMISSION, draft: DRAFT });
  const { seen } = await show(desk);
  await act(async () => seen.keep?.submission({ ...SUBMISSION, attempts: 3 }));
  expect(seen.submission?.data?.attempts).toBe(3);
  expect(asked(desk, "submission")).toBe(1);
});

test("nothing that a person was told stays for the next, not even what comes late", async () => {
  const desk = fakeDesk({ submission: SUBMISSION, draft: DRAFT });
  let answer: (draft: DraftView) => void = () => {};
  desk.calls.draft = vi.fn(() => new Promise<DraftView>((resolve) => (answer = resolve)));
  const { seen, leave, back } = await show(desk);
  leave();
  await act(async () => seen.keep?.forgetAll());
  await act(async () => answer(DRAFT));
  const kept = [...(seen.cache?.keys() ?? [])].filter((key) => seen.cache?.get(key)?.data);
  expect(kept).toEqual(['@"snapshot",']);
  back();
  expect(seen.submission?.data).toBeUndefined();
  expect(seen.draft?.data).toBeUndefined();
});
