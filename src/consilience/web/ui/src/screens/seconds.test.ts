import { describe, expect, it } from "vitest";
import { clock, marks, secondsOf, stretches } from "./seconds";

describe("seconds", () => {
  it("are written as a clock shows them", () => {
    expect([clock(0), clock(59.6), clock(61), clock(3661)]).toEqual(["0:00", "1:00", "1:01", "1:01:01"]);
  });

  it("are read from the name of a part", () => {
    expect(secondsOf("video:0@9.300-13.300=0.000-4.000")).toEqual([9.3, 13.3]);
    expect(secondsOf("video:0@12.480")).toEqual([12.48, 12.48]);
    expect(secondsOf("picture")).toBeNull();
  });

  it("of a picture are none, of a film those of lists and of others", () => {
    const near = [{ spans: [{ begin: 1, end: 2, other_begin: 5, other_end: 6, speed: 1 }] }];
    const matches = [{ part: "video:0@4.000" }, { part: "content" }];
    expect(stretches({ near, matches, seconds: null } as never)).toEqual([]);
    expect(stretches({ near, matches, seconds: 9 } as never)).toEqual([
      { begin: 4, end: 4, isListed: true },
      { begin: 1, end: 2, isListed: false },
    ]);
  });

  it("mark the frames that lie in them, and the frame before those that lie between two", () => {
    const found = [
      { begin: 10.4, end: 21, isListed: false },
      { begin: 33, end: 36, isListed: false },
    ];
    expect(marks([0, 10, 20, 30, 40], found)).toEqual([null, "in", "in", "beside", null]);
    expect(marks([0, 10], [{ begin: 12, end: 13, isListed: false }])).toEqual([null, "beside"]);
    expect(marks([0, 10], [])).toEqual([null, null]);
  });
});
