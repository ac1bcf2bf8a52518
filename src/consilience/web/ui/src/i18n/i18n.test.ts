import { describe, expect, it } from "vitest";
import { CATALOGUES, Words } from ".";

const places = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((one) => one[1]).sort();
const forms = (message: unknown): Record<string, string> =>
  typeof message === "string" ? { other: message } : (message as Record<string, string>);

describe("catalogues", () => {
  const { en, ...others } = CATALOGUES;
  for (const [language, catalogue] of Object.entries(others)) {
    it(`${language} says everything that English says, and nothing else`, () => {
      expect(Object.keys(catalogue).sort()).toEqual(Object.keys(en!).sort());
    });

    it(`${language} has every plural form of its language, with the same places`, () => {
      const needed = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
      for (const [id, message] of Object.entries(catalogue)) {
        const wanted = new Set(places(forms(en![id]).other!));
        for (const form of Object.values(forms(message))) expect(wanted, id).toEqual(new Set([...wanted, ...places(form)]));
        if (typeof message !== "string") expect(Object.keys(message).sort(), id).toEqual([...needed].sort());
      }
    });
  }
});

describe("words", () => {
  it("choose the plural of the language", () => {
    const words = new Words("sl");
    expect([1, 2, 3, 5].map((count) => words.say("files", { count }))).toEqual(["1 datoteka", "2 datoteki", "3 datoteke", "5 datotek"]);
  });

  it("leave markup in values alone: it is text", () => {
    expect(new Words("en").say("signedInAs", { name: "<b>x</b>" })).toContain("<b>x</b>");
  });
});
