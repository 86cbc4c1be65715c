// SPDX-License-Identifier: Apache-2.0
//! [`serve`]: a virtual board behind a TCP port.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError, channel};
use std::time::Duration;

use super::interface::Receiver as Frames;
use super::link::Side;
use super::{Reply, Request, Served, Stop};

/// Connections at a time. Their requests are carried out one after the other, each as a whole.
const CLIENTS: usize = 8;

/// Longest line, bytes: a frame of the longest length twice over.
const LINE: u64 = 64 * 1024;

/// How often an idle board looks whether it is to end.
const TICK: Duration = Duration::from_millis(50);

/// Clocks between two looks at what is asked.
const BURST: u32 = 64;

/// What another thread wants of the board.
enum Event {
    /// A line of a client
    Request(Request, Sender<Reply>),
    /// A frame from an interface
    Frame(Side, Vec<u8>),
}

/// Serves until it is stopped; the board as it is then.
pub fn serve(mut board: Served, listener: TcpListener, stop: &Stop) -> Served {
    let (events, inbox) = channel();
    let hello = board.hello().to_string();
    for (side, frames) in board.link_mut().take_receivers() {
        let (events, stop) = (events.clone(), stop.clone());
        std::thread::spawn(move || receive(side, frames, &events, &stop));
    }
    let accepting = stop.clone();
    // It ends with the program, or at the next connection.
    std::thread::spawn(move || accept(&listener, &hello, &events, &accepting));
    while !stop.is_stopped() {
        match next(&inbox, board.is_busy()) {
            Some(Event::Request(request, answer)) => {
                // A client that is gone needs no answer.
                let _ = answer.send(board.answer(&request));
            }
            Some(Event::Frame(side, frame)) => board.frame_in(side, &frame),
            None => board.run(BURST),
        }
    }
    board
}

fn next(inbox: &Receiver<Event>, busy: bool) -> Option<Event> {
    if busy {
        match inbox.try_recv() {
            Ok(event) => return Some(event),
            Err(TryRecvError::Empty | TryRecvError::Disconnected) => return None,
        }
    }
    match inbox.recv_timeout(TICK) {
        Ok(event) => Some(event),
        Err(RecvTimeoutError::Timeout) => None,
        Err(RecvTimeoutError::Disconnected) => {
            std::thread::sleep(TICK);
            None
        }
    }
}

fn receive(side: Side, mut frames: Frames, events: &Sender<Event>, stop: &Stop) {
    while !stop.is_stopped() {
        match frames.next() {
            Ok(None) => {}
            Ok(Some(frame)) => {
                if events.send(Event::Frame(side, frame.to_vec())).is_err() {
                    return;
                }
            }
            Err(error) => {
                // It went down; it may come up again.
                eprintln!("board: {}: {error}", frames.name());
                std::thread::sleep(10 * TICK);
            }
        }
    }
}

fn accept(listener: &TcpListener, hello: &str, events: &Sender<Event>, stop: &Stop) {
    let clients = Arc::new(AtomicUsize::new(0));
    for stream in listener.incoming() {
        if stop.is_stopped() {
            return;
        }
        let Ok(mut stream) = stream else {
            // Too many open files, or a client that left at once.
            std::thread::sleep(TICK);
            continue;
        };
        if clients.fetch_add(1, Ordering::Relaxed) >= CLIENTS {
            clients.fetch_sub(1, Ordering::Relaxed);
            let _ = writeln!(stream, "error {CLIENTS} clients are connected already");
            continue;
        }
        let (hello, events, clients) = (hello.to_owned(), events.clone(), Arc::clone(&clients));
        std::thread::spawn(move || {
            // Whatever ends the connection, the others and the device go on.
            let _ = client(stream, &hello, &events);
            clients.fetch_sub(1, Ordering::Relaxed);
        });
    }
}

fn client(mut stream: TcpStream, hello: &str, events: &Sender<Event>) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    stream.write_all(format!("{hello}\n").as_bytes())?;
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = reader.by_ref().take(LINE).read_until(b'\n', &mut line)?;
        if read == 0 {
            return Ok(());
        }
        if line.last() != Some(&b'\n') && read as u64 == LINE {
            return writeln!(stream, "error a line is longer than {LINE} bytes");
        }
        let text = String::from_utf8_lossy(&line);
        let text = text.trim();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let reply = match text.parse() {
            Ok(Request::Quit) => return Ok(()),
            Ok(request) => {
                let (answer, answers) = channel();
                let gone = |_| std::io::Error::from(std::io::ErrorKind::BrokenPipe);
                events
                    .send(Event::Request(request, answer))
                    .map_err(|_| gone(()))?;
                answers.recv().map_err(|_| gone(()))?
            }
            Err(problem) => Reply::Error(problem),
        };
        stream.write_all(format!("{reply}\n").as_bytes())?;
    }
}
