CREATE TABLE lost_lines (
  -- One row per marker that messages were kept back or lost, by the kernel, rsyslog or the journal:
  -- what stands around it may have holes, and what is counted happened more often. Incidents do not
  -- list these events.
  event_id INTEGER NOT NULL REFERENCES event (event_id),  -- [id]
  marker TEXT NOT NULL,             -- callbacks suppressed, messages suppressed, output lines suppressed,
                                    -- printk messages dropped, messages lost, messages dropped or messages missed
  scope TEXT,                       -- whose messages: the function, report, process, unit or input that the
                                    -- line names
  count INTEGER                     -- [count] of messages; of whole reports where callbacks are suppressed
) STRICT;
CREATE INDEX lost_lines_by_event ON lost_lines (event_id);
