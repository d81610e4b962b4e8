CREATE TABLE lost_lines (
  -- One row per marker that the kernel kept messages back or lost them: what stands around it may
  -- have holes, and what is counted happened more often. Incidents do not list these events.
  event_id INTEGER NOT NULL REFERENCES event,  -- [id]
  marker TEXT NOT NULL,             -- callbacks suppressed, messages suppressed, output lines suppressed or
                                    -- printk messages dropped
  scope TEXT,                       -- whose messages: the function, report or process that the line names,
                                    -- or console
  count INTEGER                     -- [count] of messages; of whole reports where callbacks are suppressed
) STRICT;
CREATE INDEX lost_lines_by_event ON lost_lines (event_id);
