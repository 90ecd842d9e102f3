import { EMPTY, concat, putU32, utf8 } from "../../bytes.ts";

/*
 * PostgreSQL's built-in types, as far as masking must know them (manual, chapter "Data Types";
 * binary forms as the types' send functions write them). A filler is a real value of its type
 * that tells nothing: zero, false, 2000-01-01, the empty range. User types have oids that no
 * table can know.
 */

export type Type = {
  readonly is:
    | "text"
    | "json"
    | "jsonb"
    | "bytea"
    | "int"
    | "uuid"
    | "numeric"
    | "other"
    | "array"
    | "unknown";
  /** The filler in text and in binary format. */
  readonly text: Uint8Array;
  readonly binary: Uint8Array;
  /** Every binary value is as long as the filler. */
  readonly fixed: boolean;
  /** Whether detectors read it: as text, as a number that may be a card's, or not at all. */
  readonly scans: "text" | "digits" | "none";
  /** An array's element type; 0 for the rest. */
  readonly element: number;
};

export const TEXT = 25;
export const JSON_TYPE = 114;
const JSONB_TYPE = 3802;

export const isDocument = (oid: number): boolean => oid === JSON_TYPE || oid === JSONB_TYPE;

const FIRST_USER_OID = 16_384;
const STARS = utf8("*");

const UNKNOWN: Type = {
  is: "unknown",
  text: EMPTY,
  binary: EMPTY,
  fixed: false,
  scans: "text",
  element: 0,
};

const types = new Map<number, Type>();

function define(oids: readonly number[], type: Partial<Type> & Pick<Type, "is">): void {
  const whole: Type = { ...UNKNOWN, scans: "none", ...type };
  for (const oid of oids) types.set(oid, whole);
}

const zeros = (length: number): Uint8Array => new Uint8Array(length);

/** A type whose binary form has one length; all zeros is a value of it. */
function fixed(
  oids: readonly number[],
  text: string,
  bytes: number,
  is: Type["is"] = "other",
): void {
  define(oids, { is, text: utf8(text), binary: zeros(bytes), fixed: true });
}

function variable(oids: readonly number[], text: string, binary: readonly number[]): void {
  define(oids, { is: "other", text: utf8(text), binary: Uint8Array.from(binary) });
}

// name, text, unknown literals, xml, bpchar, varchar, refcursor, cstring
define([19, TEXT, 705, 142, 1042, 1043, 1790, 2275], { is: "text", scans: "text" });
define([JSON_TYPE], { is: "json", scans: "text" });
define([JSONB_TYPE], { is: "jsonb", scans: "text" });
define([17], { is: "bytea", text: utf8("\\x"), binary: EMPTY });
define([18], { is: "other", text: STARS, binary: STARS, fixed: true });

fixed([16], "f", 1);
fixed([21], "0", 2, "int");
fixed([23], "0", 4, "int");
define([20], { is: "int", text: utf8("0"), binary: zeros(8), fixed: true, scans: "digits" });
define([1700], { is: "numeric", text: utf8("0"), binary: zeros(8), scans: "digits" });
fixed([2950], "00000000-0000-0000-0000-000000000000", 16, "uuid");
fixed([26, 28, 29, 700], "0", 4);
fixed([701, 5069], "0", 8);
fixed([790], "0.00", 8);
fixed([27], "(0,0)", 6);
fixed([3220], "0/0", 8);
// regproc, regprocedure, regoper, regoperator, regclass, regtype, regconfig, regdictionary, …
fixed([24, 2202, 2203, 2204, 2205, 2206, 3734, 3769, 4089, 4096, 4191], "0", 4);

fixed([1082], "2000-01-01", 4);
fixed([1083], "00:00:00", 8);
fixed([1266], "00:00:00+00", 12);
fixed([1114], "2000-01-01 00:00:00", 8);
fixed([1184], "2000-01-01 00:00:00+00", 8);
fixed([1186], "00:00:00", 16);

variable([869], "0.0.0.0", [2, 32, 0, 4, 0, 0, 0, 0]);
variable([650], "0.0.0.0", [2, 32, 1, 4, 0, 0, 0, 0]);
fixed([829], "00:00:00:00:00:00", 6);
fixed([774], "00:00:00:00:00:00:00:00", 8);

fixed([600], "(0,0)", 16);
fixed([601], "[(0,0),(0,0)]", 32);
fixed([603], "(0,0),(0,0)", 32);
fixed([718], "<(0,0),0>", 24);
// A line needs a direction: A is 1.
const line = concat([Uint8Array.of(0x3f, 0xf0), zeros(22)]);
define([628], { is: "other", text: utf8("{1,0,0}"), binary: line, fixed: true });
variable([602], "((0,0))", [1, 0, 0, 0, 1, ...zeros(16)]);
variable([604], "((0,0))", [0, 0, 0, 1, ...zeros(16)]);

variable([1560, 1562], "0", [0, 0, 0, 1, 0]);
define([3614], { is: "other", binary: zeros(4), scans: "text" });
// A query needs an operand: 'x', without weight or prefix.
variable([3615], "'x'", [0, 0, 0, 1, 1, 0, 0, 0x78, 0]);
variable([4072], "$", [1, 0x24]);
variable([3904, 3906, 3908, 3910, 3912, 3926], "empty", [1]);
variable([4451, 4532, 4533, 4534, 4535, 4536], "{}", [0, 0, 0, 0]);

/** array oid, element oid */
const ARRAYS: readonly (readonly [number, number])[] = [
  [1000, 16],
  [1001, 17],
  [1002, 18],
  [1003, 19],
  [1016, 20],
  [1005, 21],
  [1007, 23],
  [1008, 24],
  [1009, 25],
  [1028, 26],
  [1010, 27],
  [1011, 28],
  [1012, 29],
  [199, 114],
  [143, 142],
  [1017, 600],
  [1018, 601],
  [1019, 602],
  [1020, 603],
  [1027, 604],
  [629, 628],
  [651, 650],
  [1021, 700],
  [1022, 701],
  [719, 718],
  [775, 774],
  [791, 790],
  [1040, 829],
  [1041, 869],
  [1014, 1042],
  [1015, 1043],
  [1115, 1114],
  [1182, 1082],
  [1183, 1083],
  [1185, 1184],
  [1187, 1186],
  [1270, 1266],
  [1561, 1560],
  [1563, 1562],
  [1231, 1700],
  [2201, 1790],
  [2951, 2950],
  [3221, 3220],
  [3643, 3614],
  [3645, 3615],
  [3807, 3802],
  [4073, 4072],
  [3905, 3904],
  [3907, 3906],
  [3909, 3908],
  [3911, 3910],
  [3913, 3912],
  [3927, 3926],
  [2210, 2205],
  [2211, 2206],
  [271, 5069],
  [1263, 2275],
];

for (const [oid, element] of ARRAYS) {
  const binary = zeros(12);
  putU32(binary, 8, element);
  const scans = types.get(element)?.scans ?? "none";
  define([oid], { is: "array", text: utf8("{}"), binary, scans, element });
}

/**
 * The type behind an oid. Enums, composites, extensions' types and whatever is not listed:
 * unknown.
 */
export function typeOf(oid: number): Type {
  return oid >= FIRST_USER_OID ? UNKNOWN : (types.get(oid) ?? UNKNOWN);
}

/** Every oid that has a filler of its own; the tests cast each on a real server. */
export const knownTypes = (): readonly number[] => [...types.keys()];

/** A jsonb value in binary format: its version, then JSON text. */
export const JSONB_VERSION = 1;
