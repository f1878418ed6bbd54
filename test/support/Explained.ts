// The worked examples of `explainBytes`: octets, and the text that c104 has for them.
export const explained: readonly (readonly [apdu: string, text: string])[] = [
  ["68 04 07 00 00 00", "U-Format | StartDT act"],
  ["68 04 83 00 00 00", "U-Format | TestFR con"],
  ["68 04 01 00 0a 00", "S-Format"],
  [
    "68 0e 00 00 00 00 64 01 06 00 ff ff 00 00 00 14",
    "I-Format | C_IC_NA_1 | ACTIVATION | POSITIVE | GLOBAL | 1st IOA 0 | LIST[1] (00 00 00 14 )"
  ],
  [
    "68 0e 00 00 02 00 64 01 0a 05 2f 00 00 00 00 14",
    "I-Format | C_IC_NA_1 | ACTIVATION_TERMINATION | POSITIVE | CA 47 | OA 5 | 1st IOA 0 | LIST[1] (00 00 00 14 )"
  ],
  [
    "68 12 00 00 02 00 0d 81 14 00 2f 00 0c 00 00 00 00 c0 3f 00",
    "I-Format | M_ME_NC_1 | INTERROGATED_BY_STATION | POSITIVE | CA 47 | 1st IOA 12 | SEQUENCE[1] (0c 00 00 00 00 c0 3f 00 )"
  ],
  [
    "68 0e 0c 00 0e 00 2d 01 47 03 2f 00 1e 00 00 01",
    "I-Format | C_SC_NA_1 | ACTIVATION_CON | NEGATIVE | CA 47 | OA 3 | 1st IOA 30 | LIST[1] (1e 00 00 01 )"
  ],
  [
    "68 0e 02 00 02 00 2d 01 c6 00 2f 00 14 00 00 01",
    "I-Format | C_SC_NA_1 | ACTIVATION | NEGATIVE | TEST | CA 47 | 1st IOA 20 | LIST[1] (14 00 00 01 )"
  ],
  [
    "68 0e 00 00 00 00 c8 01 06 00 2f 00 14 00 00 01",
    "I-Format | unknown | ACTIVATION | POSITIVE | CA 47 | 1st IOA 20 | LIST[1] (14 00 00 01 )"
  ],
  ["68 0a 00 00 00 00 64 01 06 00 01 00", "I-Format | C_IC_NA_1 | ACTIVATION | POSITIVE | CA 1"],
  [
    "68 0e 00 00 00 00 2d 00 06 00 01 00 01 00 00 01",
    "I-Format | C_SC_NA_1 | ACTIVATION | POSITIVE | CA 1 | 1st IOA 1 (01 00 00 01 )"
  ]
]
