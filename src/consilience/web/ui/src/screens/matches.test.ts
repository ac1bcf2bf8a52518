import { describe, expect, it } from "vitest";
import { inside } from "./matches";

describe("a match", () => {
  it("says where a small picture inside a file agreed, not the file's own", () => {
    const say = ((id: string) => id) as never;
    const of = (part: string, other_part?: string) => inside(say, other_part === undefined ? { part } : { part, other_part });
    expect([of("picture", "picture"), of("picture"), of("video:0@1.000", "video:0")]).toEqual([[], [], []]);
    expect(of("preview:1", "picture")).toEqual(["match.preview"]);
    expect(of("picture", "preview:2")).toEqual(["match.preview.other"]);
    expect(of("preview:1", "preview:1")).toEqual(["match.previews"]);
  });
});
