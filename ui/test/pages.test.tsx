// Every state of every page: it comes, it has one h1, focus and title are right, and axe finds nothing.

import { act, render, screen } from "@testing-library/preact";
import userEvent from "@testing-library/user-event";
import axe from "axe-core";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { NOW } from "../src/bridge/fake";
import { SCENES } from "../src/bridge/scenes";
import { App } from "../src/frame/app";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: new Date(NOW) });
});

const main = () => document.querySelector<HTMLElement>("main");

describe.each(Object.entries(SCENES))("%s", (_name, scene) => {
  test("is what it should be, and accessible", async () => {
    const user = userEvent.setup();
    render(<App desk={scene.desk()} start={scene.start} />);
    await vi.waitFor(() => expect(document.querySelector("main h1")).not.toBeNull());
    await vi.waitFor(() => expect(main()?.dataset.page).not.toBe("loading"));
    for (const selector of scene.press ?? []) {
      const pressed = await vi.waitFor(() => {
        const found = document.querySelector<HTMLElement>(selector);
        expect(found, selector).not.toBeNull();
        return found as HTMLElement;
      });
      await user.click(pressed);
    }
    await vi.waitFor(() => expect(main()?.dataset.page).toBe(scene.page));
    expect(main()?.dataset.code).toBe(scene.code);
    if (scene.status) await vi.waitFor(() => expect(main()?.dataset.status).toBe(scene.status));
    await act(async () => {});

    expect(screen.getAllByRole("heading", { level: 1 })).toHaveLength(1);
    expect(document.title).toMatch(/ – RA Desk$/);
    const summary = document.getElementById("error-summary");
    expect(document.title.startsWith("Error: ")).toBe(
      summary !== null ||
        ["cannot-start", "offline", "fault"].includes(scene.page) ||
        scene.status === "needs_attention",
    );
    if (summary) expect(document.activeElement).toBe(summary);
    // Each link of a summary leads to a field that is there.
    for (const link of summary?.querySelectorAll("a") ?? []) {
      await user.click(link);
      expect(document.activeElement).not.toBe(link);
      expect(document.activeElement?.tagName).toMatch(/INPUT|TEXTAREA/);
    }
    const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
    expect(new Set(ids).size, `ids are unique: ${ids.filter((id, at) => ids.indexOf(id) !== at)}`).toBe(ids.length);
    expect(document.querySelectorAll("[style]"), "no inline styles").toHaveLength(0);
    expect(document.querySelectorAll("#primary").length).toBeLessThanOrEqual(1);

    const { violations } = await axe.run(document, {
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
      rules: { "color-contrast": { enabled: false } },
      resultTypes: ["violations"],
    });
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`)).toEqual([]);
  });
});
