// The part of the engine's status that is counters and nothing else, as plain values that can be posted.
import type { Counters } from '../stats/counters.ts';
import type { CountedStatus } from './engine-contract.ts';

export function countedStatus(counters: Counters): CountedStatus {
  return {
    packetsOut: counters.packetsOut,
    packetsIn: counters.packetsIn,
    samplesAsked: counters.samplesAsked,
    samplesAnswered: counters.samplesAnswered,
    infohashesSeen: counters.infohashesSeen,
    infohashesNew: counters.infohashesNew,
    metadataTried: counters.metadataTried,
    metadataFetched: counters.metadataFetched,
    malformed: counters.malformed.toObject(),
    dropped: counters.dropped.toObject(),
    metadataFailures: counters.metadataFailures.toObject(),
    overflows: counters.overflows.toObject(),
  };
}
