"""Trains a network on a sine, and appends its loss and how far it is to a file as it goes."""

import json
import sys

import torch

config, steps, seed, model_path, metrics_path = sys.argv[1:]
config, steps = json.loads(config), int(steps)
torch.manual_seed(int(seed))
torch.set_num_threads(1)
x = torch.linspace(-3, 3, 200).unsqueeze(1)
y = torch.sin(x)
model = torch.nn.Sequential(
    torch.nn.Linear(1, config["width"]), torch.nn.Tanh(), torch.nn.Linear(config["width"], 1)
)
optimiser = torch.optim.Adam(model.parameters(), lr=config["lr"])
with open(metrics_path, "a", buffering=1) as metrics:
    for step in range(1, steps + 1):
        loss = torch.nn.functional.mse_loss(model(x), y)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if step % 10 == 0:
            print(json.dumps({"step": step, "loss": loss.item()}), file=metrics)
            print(json.dumps({"progress": [step, steps]}), file=metrics)
torch.save(model.state_dict(), model_path)
