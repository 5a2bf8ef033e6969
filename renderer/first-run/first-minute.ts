// The four steps from an empty catalogue to the first name, read off the live figures. Pure.
import type { StatusDto } from '../../preload/ipc-contract.ts';
import { messages } from '../shared/messages.ts';

export type StepMark = 'done' | 'now' | 'waiting';

export interface Step {
  readonly key: 'joining' | 'meeting' | 'asking' | 'fetching';
  readonly label: string;
  /** What has been counted so far; null while there is nothing to count. */
  readonly figure: string | null;
  readonly mark: StepMark;
}

const text = messages.firstMinute;

/** A step is done once the one after it has something to show; the first that is not done is happening now. */
export function stepsOf(status: StatusDto): readonly Step[] {
  const facts = [
    { key: 'joining', label: text.joining, count: status.packetsIn, say: text.joiningFigure },
    { key: 'meeting', label: text.meeting, count: status.nodes, say: text.meetingFigure },
    { key: 'asking', label: text.asking, count: status.infohashesSeen, say: text.askingFigure },
    {
      key: 'fetching',
      label: text.fetching,
      count: Math.max(status.metadataFetched, status.torrentCount),
      say: text.fetchingFigure,
    },
  ] as const;
  const isDone = [
    status.packetsIn > 0,
    status.nodes > 0 && status.samplesAsked > 0,
    status.infohashesSeen > 0,
    status.torrentCount > 0,
  ];
  const isMoving = status.state !== 'paused' && status.state !== 'stopped' && status.state !== 'failed';
  const nowIndex = isMoving ? isDone.indexOf(false) : -1;
  return facts.map(({ key, label, count, say }, index) => ({
    key,
    label,
    figure: count > 0 ? say(count) : null,
    mark: isDone[index] ? 'done' : index === nowIndex ? 'now' : 'waiting',
  }));
}
